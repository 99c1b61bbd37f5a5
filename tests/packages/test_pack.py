#!/usr/bin/env python3
"""The packages of an installed folder: test_pack.py PACK FOLDER SCRATCH"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

pack, folder, scratch = map(os.path.abspath, sys.argv[1:])
passed = 0
failed = 0

# What a user needs; the PowerShell module and the examples may have more.
NEEDED = '''lsmapd.exe lsmap.exe lsmap-doctor.exe lsmap-events.dll install.cmd uninstall.cmd install.ps1 uninstall.ps1
lsmap-completion.ps1 README.md LICENSE client/README.md client/PROTECTED.md client/examples/README.md
client/examples/list_data_files.py common/PROTOCOL.md service/SECURITY.md install/README.md Lsmap/Lsmap.psd1'''
# Of the manifests' JSON schemas 1.6.0 in microsoft/winget-cli: members that must be there, and their form.
WINGET = {
    'lsmap.lsmap.yaml': {'DefaultLocale': r'en-US', 'ManifestType': 'version'},
    'lsmap.lsmap.installer.yaml': {
        'InstallerType': 'msi', 'Scope': 'machine', 'Architecture': 'x64', 'InstallerUrl': r'https://\S+-x64\.msi',
        'InstallerSha256': '[0-9A-F]{64}', 'ProductCode': r"'\{[0-9A-F-]{36}\}'", 'ManifestType': 'installer',
        'MinimumOSVersion': r'10\.0\.14393\.0'},
    'lsmap.lsmap.locale.en-US.yaml': {
        'PackageLocale': 'en-US', 'Publisher': '.{2,256}', 'PackageName': '.{2,256}', 'License': '.{3,512}',
        'ShortDescription': '.{3,256}', 'ManifestType': 'defaultLocale'},
}


def check(what, good, more=''):
    global passed, failed
    passed += bool(good)
    print(('ok ' if good else 'FAIL ') + what, more if not good else '')
    failed += not good


def run(source, name):
    target = os.path.join(scratch, name)
    subprocess.run([sys.executable, pack, source, '1.2.3', 'x64', target], check=True)
    return os.path.join(target, 'lsmap-1.2.3-x64.zip')


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
# The same files at another time, with other rights, made in another order.
copy = os.path.join(scratch, 'copy')
for name in sorted((os.path.relpath(os.path.join(root, name), folder)
                    for root, _, names in os.walk(folder) for name in names), reverse=True):
    os.makedirs(os.path.dirname(os.path.join(copy, name)), exist_ok=True)
    shutil.copyfile(os.path.join(folder, name), os.path.join(copy, name))
    os.chmod(os.path.join(copy, name), 0o600)
first, second = run(folder, 'first'), run(copy, 'second')
check('the zip is the same each time', digest(first) == digest(second))

with zipfile.ZipFile(first) as archive:
    names = set(archive.namelist())
    texts = {name: archive.read(name).decode() for name in names if name.endswith('.md')}
    check('its bytes are good', archive.testzip() is None)
check('it is complete', names >= set(NEEDED.split()), str(sorted(set(NEEDED.split()) - names)))
folders = {os.path.dirname(name) for name in names}
for name, text in sorted(texts.items()):
    # Links, and files of the product that are named by their path; those of the sources are not in the zip.
    targets = [os.path.normpath(os.path.join(os.path.dirname(name), link.split('#')[0]))
               for link in re.findall(r'\]\(([^)#][^)]*)\)', text) if '://' not in link]
    targets += [path.rstrip('/') for path in re.findall(r'`((?:client|common|install|service)/[\w/.-]*)`', text)
                if path.endswith(('.md', '/', '.py', '.ps1', '.cmd'))]
    lost = [target for target in targets if target not in names and target not in folders]
    check(f'what {name} names is there', not lost, str(lost))

with open(first[:-4] + '.spdx.json', encoding='utf-8') as file:
    document = json.load(file)
with zipfile.ZipFile(first) as archive:
    listed = {file['fileName'][2:]: file['checksums'][1]['checksumValue'] for file in document['files']}
    check('SPDX lists what the zip has, each with its hash', document['spdxVersion'] == 'SPDX-2.3' and
          listed == {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names})
check('SPDX contains each of them', {relation['relatedSpdxElement'] for relation in document['relationships']} ==
      {'SPDXRef-Package'} | {file['SPDXID'] for file in document['files']})

msi = first[:-4] + '.msi'
if os.path.exists(msi):
    for name, members in WINGET.items():
        with open(os.path.join(os.path.dirname(first), 'winget-x64', name), encoding='utf-8') as file:
            lines = dict(re.findall(r'^[ -]*(\w+): (.*)$', file.read(), re.M))
        members = {**members, 'PackageIdentifier': r'lsmap\.lsmap', 'PackageVersion': r'1\.2\.3',
                   'ManifestVersion': r'1\.6\.0'}
        wrong = [key for key, form in members.items() if not re.fullmatch(form, lines.get(key, ''))]
        check(f'winget: {name}', not wrong, str(wrong))
        if 'InstallerSha256' in lines:
            check('winget: the hash is that of the MSI', lines['InstallerSha256'].lower() == digest(msi))
            table = subprocess.run(['msiinfo', 'export', msi, 'Property'], capture_output=True, text=True, check=True)
            check('winget: the product code is that of the MSI', lines['ProductCode'].strip("'") in table.stdout)
else:
    print('SKIP winget: wixl and msibuild (packages wixl and msitools) make the MSI')
print(f'{passed} passed, {failed} failed' + ('' if os.path.exists(msi) else ', 1 skipped'))
sys.exit(failed != 0)
