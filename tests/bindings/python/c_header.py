"""What bindings/c/varve_*.h declares, read as text: as much of C as those headers use."""

import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "bindings" / "c"

_FUNCTION = re.compile(r"VARVE_API ([^;{]+);")
_DECLARATOR = re.compile(r"(.*?[\s*])(\w+)\s*(\[\w+\])?$", re.DOTALL)
_CALLBACK = re.compile(r"^(.+?)\(\*(\w+)\)\((.*)\)$", re.DOTALL)


class Header:
    """functions: name -> (result, [parameter type]). structs: name -> [(field, type)], callbacks:
    name -> (result, [parameter type]), opaque: names, constants: name -> number. Types are text
    without const: "uint64_t", "varve_kv_row*", "uint8_t[16]", or a tuple as of a callback."""

    def __init__(self):
        text = "\n".join(path.read_text() for path in sorted(FOLDER.glob("varve_*.h")))
        self.macros = dict(re.findall(r"^#define (VARVE_\w+) (\S+)", text, re.MULTILINE))
        text = re.sub(r"^#.*?(?<!\\)$", "", re.sub(r"//.*", "", text), flags=re.M | re.S)
        self.opaque = set(re.findall(r"typedef struct (\w+) \1;", text))
        self.structs = {name: self._fields(body) for name, body in
                        re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", text, re.DOTALL)}
        self.callbacks = {}
        for declared in re.findall(r"typedef ([^;{]+\(\*\w+\)[^;]+);", text):
            name, kind = _declaration(declared)
            self.callbacks[name] = kind
        self.constants = {}
        for body in re.findall(r"enum \{(.*?)\}", text, re.DOTALL):
            for name, number in re.findall(r"(\w+) = (\d+)", body):
                self.constants[name] = int(number)
        self.functions = dict(self._function(declared) for declared in _FUNCTION.findall(text))

    @staticmethod
    def _fields(body):
        return [_declaration(part) for part in body.split(";") if part.strip()]

    @staticmethod
    def _function(declared):
        result, name, parameters = re.match(r"(.*?[\s*])(\w+)\((.*)\)$", declared,
                                            re.DOTALL).groups()
        return name, (_type(result), _parameters(parameters))


def _parameters(text):
    """The types in a list of parameters; commas inside of a callback's list do not count."""
    parts, depth, begin = [], 0, 0
    for index, letter in enumerate(text + ","):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[begin:index])
            begin = index + 1
    return [] if text.strip() == "void" else [_declaration(part)[1] for part in parts]


def _declaration(text):
    """(name, type) of a field or parameter."""
    text = " ".join(text.split())
    callback = _CALLBACK.match(text)
    if callback:
        result, name, parameters = callback.groups()
        return name, (_type(result), _parameters(parameters))
    kind, name, count = _DECLARATOR.match(text).groups()
    return name, _type(kind) + (count or "")


def _type(text):
    return re.sub(r"\s+|\bconst\b", "", text)
