#!/usr/bin/env python3
"""Makes the packages of an installed folder: pack.py FOLDER VERSION ARCHITECTURE TARGET

TARGET receives lsmap-VERSION-ARCHITECTURE.zip, always the same bytes for the same files, its contents as
lsmap-VERSION-ARCHITECTURE.spdx.json, and, where wixl and msibuild are (Debian's packages wixl and msitools), lsmap-VERSION-ARCHITECTURE.msi and a folder
winget-ARCHITECTURE with the manifests of that MSI. LSMAP_RELEASES is the address of the releases.
"""
import datetime
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACE = uuid.UUID('5b0f43b7-0a0e-4f0e-9c41-6f3b6e0c9a57')  # the UpgradeCode of lsmap.wxs
ADDRESS = os.environ.get('LSMAP_RELEASES', 'https://github.com/lsmap/lsmap/releases/download')
WINGET = '1.6.0'  # of the schema
# Of no use to Windows Installer, which removes what it has installed.
NOT_IN_MSI = {'install.cmd', 'uninstall.cmd', 'install.ps1', 'uninstall.ps1'}
# What the search for other versions finds. Nothing that `lsmapd install` is given: users who are no administrators may set
# these when they have the product repaired, which runs as SYSTEM. Source: Microsoft Learn, "Restricted Public
# Properties".
SECURE_PROPERTIES = ['OLDERFOUND', 'LATERFOUND']

# Types of a custom action: an installed program (18), its result ignored (64), as part of the rollback script
# (256 + 1024), as SYSTEM (2048). Source: Microsoft Learn, "Custom Action Types".
ROLLBACK = 18 + 64 + 256 + 1024 + 2048


def files_below(folder):
    names = []
    for root, folders, files in os.walk(folder):
        folders.sort()
        names += [os.path.relpath(os.path.join(root, name), folder).replace(os.sep, '/') for name in files]
    return sorted(names)


def make_zip(folder, path):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name in files_below(folder):
            entry = zipfile.ZipInfo(name)  # of 1980-01-01
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # Windows: without the rights of a file here
            with open(os.path.join(folder, name), 'rb') as file:
                archive.writestr(entry, file.read(), compresslevel=9)


def stable_guid(*words):
    return str(uuid.uuid5(NAMESPACE, ' '.join(words))).upper()


def file_id(name):
    return name.replace('/', '_').replace('-', '_')


def file_version(path):
    """Of VS_FIXEDFILEINFO, which begins with this number."""
    with open(path, 'rb') as file:
        data = file.read()
    high, low = struct.unpack_from('<II', data, data.index(struct.pack('<I', 0xFEEF04BD)) + 8)
    return f'{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}'


def directory(folder, below, architecture, components):
    """The elements of one folder. Its files are one component, which stays the same over versions."""
    names = files_below(folder)
    here = [name for name in names if os.path.dirname(name) == below and name not in NOT_IN_MSI]
    folders = sorted({name[len(below):].lstrip('/').split('/')[0] for name in names
                      if name.startswith(below + '/' if below else '') and
                      '/' in name[len(below):].lstrip('/')})
    lines = []
    if here:
        identifier = 'files_' + (below.replace('/', '_') or 'lsmap')
        components.append(identifier)
        lines.append(f'<Component Id="{identifier}" Guid="{stable_guid(architecture, below)}" Win64="yes">')
        for name in sorted(here, key=lambda name: (name != 'lsmapd.exe', name)):
            key = ' KeyPath="yes"' if name == 'lsmapd.exe' or (below and name == here[0]) else ''
            lines.append(f'<File Id="{file_id(name)}" Name="{os.path.basename(name)}" Source="{name}"{key}/>')
        lines.append('</Component>')
    for name in folders:
        inner = f'{below}/{name}' if below else name
        lines.append(f'<Directory Id="folder_{inner.replace("/", "_")}" Name="{name}">')
        lines += directory(folder, inner, architecture, components)
        lines.append('</Directory>')
    return lines


def make_msi(folder, version, architecture, path):
    with open(os.path.join(HERE, 'lsmap.wxs'), encoding='utf-8') as file:
        text = file.read()
    components = []
    files = '\n'.join(directory(folder, '', architecture, components))
    text = text.replace('<!-- FILES -->', files)
    text = text.replace('<!-- COMPONENTS -->', '\n'.join(f'<ComponentRef Id="{name}"/>' for name in components))
    code = stable_guid(architecture, version)
    with tempfile.TemporaryDirectory() as scratch:
        source = os.path.join(scratch, 'lsmap.wxs')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(text)
        subprocess.run(['wixl', '--arch', 'x64', '-D', f'Version={version}', '-D', f'ProductCode={code}',
                        '-o', os.path.abspath(path), source], check=True, cwd=folder)
    # What wixl 0.101 cannot say. Without a version Windows Installer would keep a program of an older one.
    changes = ["UPDATE `Property` SET `Value` = '" + ';'.join(SECURE_PROPERTIES) +
               "' WHERE `Property` = 'SecureCustomProperties'"]
    changes += [f"UPDATE `CustomAction` SET `Type` = {ROLLBACK} WHERE `Action` = '{name}'"
                for name in ('RestartService', 'UndoService')]
    changes += [f"UPDATE `File` SET `Version` = '{file_version(os.path.join(folder, name))}', `Language` = '1033' "
                f"WHERE `File` = '{file_id(name)}'" for name in files_below(folder) if name.endswith(('.exe', '.dll'))]
    for change in changes:
        subprocess.run(['msibuild', path, '-q', change], check=True)
    if architecture == 'arm64':
        subprocess.run(['msibuild', path, '-s', 'lsmap', 'the lsmap authors', 'Arm64;1033',
                        '{' + stable_guid(architecture, version, 'package') + '}'], check=True)
    return '{' + code + '}'


def make_winget(version, architecture, msi, code, target):
    """The three manifests that `winget validate` and the repository winget-pkgs take."""
    name = os.path.basename(msi)
    with open(msi, 'rb') as file:
        digest = hashlib.sha256(file.read()).hexdigest().upper()
    common = {'PackageIdentifier': 'lsmap.lsmap', 'PackageVersion': version}
    manifests = {
        '': ('version', {'DefaultLocale': 'en-US'}, []),
        '.installer': ('installer', {
            'MinimumOSVersion': '10.0.14393.0', 'InstallerType': 'msi', 'Scope': 'machine',
            'UpgradeBehavior': 'install', 'ElevationRequirement': 'elevationRequired'},
            ['Installers:', f'- Architecture: {architecture}', f'  InstallerUrl: {ADDRESS}/v{version}/{name}',
             f'  InstallerSha256: {digest}', f"  ProductCode: '{code}'"]),
        '.locale.en-US': ('defaultLocale', {
            'PackageLocale': 'en-US', 'Publisher': 'the lsmap authors', 'PackageName': 'lsmap', 'License': 'MIT',
            'ShortDescription': 'Lists the memory-mapped files of Windows processes.'}, []),
    }
    os.makedirs(target, exist_ok=True)
    for suffix, (kind, members, more) in manifests.items():
        lines = [f'# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.{WINGET}.schema.json']
        lines += [f'{key}: {value}' for key, value in {**common, **members}.items()]
        lines += [*more, f'ManifestType: {kind}', f'ManifestVersion: {WINGET}']
        with open(os.path.join(target, f'lsmap.lsmap{suffix}.yaml'), 'w', encoding='utf-8', newline='\n') as file:
            file.write('\n'.join(lines) + '\n')


def make_spdx(folder, version, architecture, path):
    """What is in the packages, as SPDX 2.3: our own files alone, since lsmap contains no other's."""
    name = f'lsmap-{version}-{architecture}'
    files = []
    for number, file_name in enumerate(files_below(folder)):
        with open(os.path.join(folder, file_name), 'rb') as file:
            data = file.read()
        files.append({'SPDXID': f'SPDXRef-File-{number}', 'fileName': './' + file_name, 'checksums': [
            {'algorithm': kind.upper(), 'checksumValue': hashlib.new(kind, data).hexdigest()}
            for kind in ('sha1', 'sha256')], 'licenseConcluded': 'MIT', 'copyrightText': 'NOASSERTION'})
    sums = ''.join(sorted(file['checksums'][0]['checksumValue'] for file in files))
    package = {'SPDXID': 'SPDXRef-Package', 'name': 'lsmap', 'versionInfo': version, 'filesAnalyzed': True,
               'packageVerificationCode': {'packageVerificationCodeValue': hashlib.sha1(sums.encode()).hexdigest()},
               'downloadLocation': f'{ADDRESS}/v{version}/{name}.zip', 'licenseConcluded': 'MIT',
               'licenseDeclared': 'MIT', 'copyrightText': 'NOASSERTION'}
    relations = [{'spdxElementId': 'SPDXRef-DOCUMENT', 'relationshipType': 'DESCRIBES',
                  'relatedSpdxElement': 'SPDXRef-Package'}]
    relations += [{'spdxElementId': 'SPDXRef-Package', 'relationshipType': 'CONTAINS',
                   'relatedSpdxElement': file['SPDXID']} for file in files]
    created = datetime.datetime.fromtimestamp(int(os.environ.get('SOURCE_DATE_EPOCH', 0)), datetime.timezone.utc)
    document = {'spdxVersion': 'SPDX-2.3', 'dataLicense': 'CC0-1.0', 'SPDXID': 'SPDXRef-DOCUMENT', 'name': name,
                'documentNamespace': f'{ADDRESS}/v{version}/{name}.spdx.json-{sums[:16]}',
                'creationInfo': {'created': created.strftime('%Y-%m-%dT%H:%M:%SZ'), 'creators': ['Tool: pack.py']},
                'packages': [package], 'files': files, 'relationships': relations}
    with open(path, 'w', encoding='utf-8', newline='\n') as file:
        json.dump(document, file, indent=1)


def main():
    folder, version, architecture, target = sys.argv[1:]
    base = os.path.join(target, f'lsmap-{version}-{architecture}')
    os.makedirs(target, exist_ok=True)
    make_zip(folder, base + '.zip')
    make_spdx(folder, version, architecture, base + '.spdx.json')
    if shutil.which('wixl') and shutil.which('msibuild'):
        code = make_msi(folder, version, architecture, base + '.msi')
        make_winget(version, architecture, base + '.msi', code, os.path.join(target, f'winget-{architecture}'))


main()
