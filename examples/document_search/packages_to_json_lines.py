#!/usr/bin/env python3
"""The packages that are installed on this Debian machine, one JSON object a line, for
`document_search STORE import -`: what they are called, what they are for, how large they are."""

import json
import subprocess

_FIELDS = ("binary:Package", "Version", "Section", "Priority", "Installed-Size", "Description")
_BETWEEN_FIELDS, _BEHIND_PACKAGE = "\x1f", "\x1e"


def packages():
    wanted = _BETWEEN_FIELDS.join("${%s}" % field for field in _FIELDS) + _BEHIND_PACKAGE
    answer = subprocess.run(["dpkg-query", "--show", "--showformat", wanted],
                            stdout=subprocess.PIPE, check=True)
    for package in answer.stdout.decode(errors="replace").split(_BEHIND_PACKAGE)[:-1]:
        name, version, section, priority, kilobytes, description = package.split(_BETWEEN_FIELDS)
        title, _, text = description.partition("\n")
        yield {"id": name, "title": title, "text": " ".join(text.split()), "version": version,
               "section": section, "priority": priority, "kilobytes": int(kilobytes or 0)}


if __name__ == "__main__":
    for document in packages():
        print(json.dumps(document))
