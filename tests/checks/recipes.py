#!/usr/bin/env python3
"""The recipes of install/README.md, as far as their tools are here: recipes.py ROOT SCRATCH

Ansible (Debian's package ansible, which setup.sh does not install): the syntax, and that each option is one of
its module. YAML and TOML are read. DuckDB's recipe is run by formats.duckdb.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

root, scratch = sys.argv[1:]
with open(os.path.join(root, 'install', 'README.md'), encoding='utf-8') as file:
    text = file.read()
sections = dict(re.findall(r'^### ([^\n]+)\n(.*?)(?=^##|\Z)', text, re.M | re.S))
passed = 0
failed = 0
skipped = 0


def check(what, good, more=''):
    global passed, failed
    passed += bool(good)
    print(('ok ' if good else 'FAIL ') + what, '' if good else more)
    failed += not good


for name in ('PowerShell remoting', 'Ansible', 'Intune', 'Telegraf', 'windows_exporter', 'Filebeat and Elastic',
             'OpenTelemetry Collector', 'Velociraptor', 'DuckDB'):
    first = sections[name].strip().split('\n')[0]
    check(f'{name} says whether it was run', re.match(r'Not run|Run by|Syntax checked', first), first)

telegraf = tomllib.loads(re.search(r'```toml\n(.*?)```', sections['Telegraf'], re.S).group(1))['inputs']['exec'][0]
check('Telegraf: an incomplete list is used', telegraf['ignore_error'] is True and telegraf['timeout'] == '60s')

try:
    import yaml
    for name, body in sections.items():
        for block in re.findall(r'```yaml\n(.*?)```', body, re.S):
            check(f'{name}: YAML', yaml.safe_load(block) is not None)
except ImportError:
    print('SKIP recipes: there is no YAML for Python here (package python3-yaml)')
    skipped += 1

if shutil.which('ansible-playbook'):
    os.makedirs(scratch, exist_ok=True)
    playbook = os.path.join(scratch, 'lsmap.yml')
    with open(playbook, 'w', encoding='utf-8') as file:
        file.write(re.search(r'```yaml\n(.*?)```', sections['Ansible'], re.S).group(1))
    result = subprocess.run(['ansible-playbook', '--syntax-check', '-i', 'localhost,', playbook],
                            capture_output=True, text=True, check=False)
    check('Ansible: the syntax', result.returncode == 0, result.stderr)
    for task in yaml.safe_load(open(playbook, encoding='utf-8'))[0]['tasks']:
        module = next(key for key in task if '.' in key)
        result = subprocess.run(['ansible-doc', '-j', module], capture_output=True, text=True, check=False)
        known = json.loads(result.stdout)[module]['doc']['options'] if result.returncode == 0 else {}
        given = set(task[module]) if isinstance(task[module], dict) else set()
        check(f'Ansible: the options of {module}', result.returncode == 0 and given <= set(known), str(given))
else:
    print('SKIP recipes: there is no ansible here (package ansible)')
    skipped += 1
print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
sys.exit(1 if failed else 0)
