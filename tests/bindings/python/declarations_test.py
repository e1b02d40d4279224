"""The declarations of the package and the headers of C say the same, both ways.

Compared: every function (result and parameters), every struct (fields, types, and the offsets that
a C compiler gives them), every callback, every enumerator and constant.
"""

import ctypes
import os
import re
import shutil
import subprocess
import unittest

import varve
from c_header import FOLDER, Header
from store_fixture import SOURCE, FolderTest
from varve import _functions, _library, _structures, enums
from varve._time import microseconds

HEADER = Header()

_NUMBERS = {
    "uint64_t": ctypes.c_uint64, "size_t": ctypes.c_size_t, "int64_t": ctypes.c_int64,
    "uint32_t": ctypes.c_uint32, "int32_t": ctypes.c_int32, "uint8_t": ctypes.c_uint8,
    "varve_bool": ctypes.c_int32, "varve_status": ctypes.c_int32,
    "varve_durability": ctypes.c_int32, "double": ctypes.c_double, "float": ctypes.c_float}
# varve_ticket_then declares its callback in place.
_CALLBACKS = {"varve_update_body": _structures.UpdateBody,
              "varve_transition": _structures.Transition}
_PREFIXES = {
    "VARVE_DAMAGE_": enums.DamageKind, "VARVE_STAGE_": enums.Stage, "VARVE_BASE_": enums.Base,
    "VARVE_JSON_INDEX_": enums.JsonIndexKind, "VARVE_SPAN_STATUS_": enums.SpanStatus,
    "VARVE_SPAN_": enums.SpanKind, "VARVE_FINISHED_": enums.Finished,
    "VARVE_RUN_": enums.RunStatus, "VARVE_ROW_": enums.RowChangeKind,
    "VARVE_METRIC_": enums.Metric, "VARVE_STAT_": enums.StatKind, "VARVE_UNIT_": enums.Unit}


def _camel(name):
    return "".join(part.capitalize() for part in name[len("varve_"):].split("_"))


def described_in_c(kind):
    """A type of the header in words that a ctypes type can be described in too."""
    if isinstance(kind, tuple):
        return described_signature(kind[0], kind[1], described_in_c)
    array = re.fullmatch(r"(\w+)\[(\d+)\]", kind)
    if array:
        return f"{described_in_c(array[1])} x {array[2]}"
    if kind in _NUMBERS:
        return described_in_python(_NUMBERS[kind])
    if kind in _CALLBACKS:
        return described_in_c(HEADER.callbacks[kind])
    if kind in HEADER.structs:
        return _camel(kind)
    if kind in ("void", "char*"):
        return kind
    if kind in ("void*", "float*") or kind[:-1] in HEADER.opaque:
        return "address"
    if kind.endswith("*"):
        return described_in_c(kind[:-1]) + "*"
    raise AssertionError(f"what is {kind}?")


def described_in_python(kind):
    """The same of a ctypes type."""
    if kind is None:
        return "void"
    if issubclass(kind, ctypes._CFuncPtr):
        return described_signature(kind._restype_, kind._argtypes_, described_in_python)
    if issubclass(kind, ctypes.Array):
        return f"{described_in_python(kind._type_)} x {kind._length_}"
    if issubclass(kind, ctypes.Structure):
        return "Slice" if kind is _structures.GivenSlice else kind.__name__
    if kind is ctypes.c_char_p:
        return "char*"
    if kind is ctypes.c_void_p:
        return "address"
    if issubclass(kind, ctypes._Pointer):
        return described_in_python(kind._type_) + "*"
    sign = "unsigned" if kind._type_ in "BHILQ" else "signed"
    kinds = "float" if kind._type_ in "fd" else f"{sign} integer"
    return f"{kinds} of {ctypes.sizeof(kind)} bytes"


def described_signature(result, parameters, describe):
    return f"{describe(result)} ({', '.join(map(describe, parameters))})"


class Declarations(unittest.TestCase):
    def test_the_headers_were_read(self):
        self.assertGreater(len(HEADER.functions), 130)
        self.assertGreater(len(HEADER.structs), 40)
        self.assertIn("varve_store", HEADER.opaque)
        self.assertEqual(HEADER.functions["varve_kv_exists"][1],
                         ["varve_reader*", "varve_uuid*", "varve_slice", "varve_bool*",
                          "varve_error**"])

    def test_every_function_of_the_headers_is_declared_and_no_other(self):
        self.assertEqual(sorted(HEADER.functions), sorted(_functions.FUNCTIONS))

    def test_every_function_has_the_types_of_the_header(self):
        for name, (result, parameters) in HEADER.functions.items():
            declared = _functions.FUNCTIONS[name]
            with self.subTest(name):
                self.assertEqual(
                    described_signature(declared[0], declared[1:], described_in_python),
                    described_signature(result, parameters, described_in_c))

    def test_every_function_is_in_the_library(self):
        library = _library.load()
        for name in HEADER.functions:
            with self.subTest(name):
                self.assertTrue(hasattr(library, name))

    def test_every_callback_has_the_types_of_the_header(self):
        self.assertEqual(sorted(_CALLBACKS), sorted(HEADER.callbacks))
        for name, kind in _CALLBACKS.items():
            self.assertEqual(described_in_python(kind), described_in_c(name))

    def test_every_struct_has_the_fields_of_the_header(self):
        for name, fields in HEADER.structs.items():
            with self.subTest(name):
                struct = getattr(_structures, _camel(name))
                self.assertEqual([(field, described_in_python(kind))
                                  for field, kind in _all_fields(struct)],
                                 [(field, described_in_c(kind)) for field, kind in fields])

    def test_every_enumerator_is_declared_and_no_other(self):
        declared = {f"VARVE_{name}": code for name, code in enums.Code.__members__.items()}
        declared.update((f"VARVE_{name}", member)
                        for name, member in enums.Durability.__members__.items())
        for prefix, kind in _PREFIXES.items():
            declared.update((prefix + name, member) for name, member in kind.__members__.items())
        self.assertEqual({name: int(member) for name, member in declared.items()},
                         HEADER.constants)

    def test_every_constant_is_that_of_the_header(self):
        constants = {name: value for name, value in HEADER.macros.items()
                     if name not in ("VARVE_API",)}
        self.assertEqual(constants.pop("VARVE_VERSION"), f'"{varve.__version__}"')
        self.assertEqual(int(constants.pop("VARVE_ABI_VERSION")), _library.ABI_VERSION)
        self.assertEqual(constants.pop("VARVE_KEEP_FOREVER"), "UINT64_MAX")
        self.assertEqual(microseconds(varve.FOREVER), 2**64 - 1)
        self.assertEqual(constants.pop("VARVE_UUID_TEXT_SIZE"), "37")  # not used: uuid.UUID
        self.assertEqual(constants, {})

    def test_the_version_is_that_of_the_project(self):
        project = (SOURCE / "CMakeLists.txt").read_text()
        self.assertIn(f"project(varve VERSION {varve.__version__} ", project)
        package = (SOURCE / "bindings/python/pyproject.toml").read_text()
        self.assertIn(f'version = "{varve.__version__}"', package)


def _all_fields(struct):
    return [field for base in reversed(struct.__mro__) for field in vars(base).get("_fields_", ())]


class Layout(FolderTest):
    def test_every_field_is_where_a_c_compiler_puts_it(self):
        compiler = os.environ.get("VARVE_C_COMPILER") or shutil.which("cc")
        if compiler is None:
            self.skipTest("no C compiler: install gcc, or set VARVE_C_COMPILER")
        lines = []
        for name, fields in HEADER.structs.items():
            lines.append(f'  printf("{name} = %zu\\n", sizeof({name}));')
            lines += [f'  printf("{name}.{field} = %zu\\n", offsetof({name}, {field}));'
                      for field, _ in fields]
        source = self.folder / "layout.c"
        source.write_text("#include <stdio.h>\n#include <varve.h>\nint main(void) {\n"
                          + "\n".join(lines) + "\n  return 0;\n}\n")
        subprocess.run([compiler, "-I", FOLDER, source, "-o", self.folder / "layout"], check=True)
        printed = subprocess.run([self.folder / "layout"], check=True, capture_output=True,
                                 text=True).stdout
        self.assertEqual(printed.splitlines(), _layout())


def _layout():
    lines = []
    for name in HEADER.structs:
        struct = getattr(_structures, _camel(name))
        lines.append(f"{name} = {ctypes.sizeof(struct)}")
        lines += [f"{name}.{field} = {getattr(struct, field).offset}"
                  for field, _ in _all_fields(struct)]
    return lines


if __name__ == "__main__":
    unittest.main()
