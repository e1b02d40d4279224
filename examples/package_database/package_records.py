"""This machine's package database as records: what main_job.py imports.

  installed/NAME/ARCH            one per package that dpkg knows      (/var/lib/dpkg/status)
  available/NAME/VERSION/ARCH    one per package that apt could install  (/var/lib/apt/lists)
  file/PATH                      which package owns a file; only where apt has no lists
                                 (/var/lib/dpkg/info)

The value of a record is the stanza's fields as a JSON object.
"""

import glob
import os
import subprocess

DPKG_STATUS = "/var/lib/dpkg/status"
APT_LISTS = "/var/lib/apt/lists/*_Packages*"
APT_HELPER = "/usr/lib/apt/apt-helper"
DPKG_FILE_LISTS = "/var/lib/dpkg/info/*.list"
# With fewer than this from dpkg and apt, the owners of files are added.
RECORDS_WANTED = 20_000
KEY_BYTES_MAX = 1024


def stanzas(text):
    """The paragraphs of a Debian control file, each as a dictionary of its fields."""
    fields, name = {}, None
    for line in text.split("\n"):
        if not line:
            if fields:
                yield fields
            fields, name = {}, None
        elif line[0] in " \t":
            fields[name] += "\n" + line.strip()
        else:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def read_list(path):
    """The text of one package list, which apt may have stored compressed."""
    if path.endswith("_Packages"):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    answer = subprocess.run([APT_HELPER, "cat-file", path], capture_output=True, check=True)
    return answer.stdout.decode("utf-8", errors="replace")


def installed():
    if not os.path.exists(DPKG_STATUS):
        return
    with open(DPKG_STATUS, encoding="utf-8", errors="replace") as file:
        for fields in stanzas(file.read()):
            yield "installed/{Package}/{Architecture}".format_map(fields), fields


def available():
    for path in sorted(glob.glob(APT_LISTS)):
        for fields in stanzas(read_list(path)):
            yield "available/{Package}/{Version}/{Architecture}".format_map(fields), fields


def owned_files():
    for path in sorted(glob.glob(DPKG_FILE_LISTS)):
        package = os.path.basename(path).removesuffix(".list")
        with open(path, encoding="utf-8", errors="replace") as file:
            for name in file.read().splitlines():
                yield "file" + name, {"Package": package}


def all_records():
    """Every record once, by key; where two sources have the same key, the later one counts."""
    records = dict(installed())
    records.update(available())
    if len(records) < RECORDS_WANTED:
        records.update(owned_files())
    return {key: value for key, value in records.items() if len(key.encode()) <= KEY_BYTES_MAX}
