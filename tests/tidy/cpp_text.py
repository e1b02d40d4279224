"""Just enough C++ to measure functions: blanks what is not code and matches braces."""

import dataclasses
import re

_NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<delimiter>[^(\s]*)\(.*?\)(?P=delimiter)"|"""
    r""""(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_CONTAINER = re.compile(r"^\s*(inline\s+)?(namespace|class|struct|union|enum|extern|template)\b")


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    first_line: int
    last_line: int

    @property
    def line_count(self):
        return self.last_line - self.first_line + 1


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def code_only(text):
    """`text` with comments, literals and directives blanked; every line keeps its number."""
    return _DIRECTIVE.sub(_blank, _NOT_CODE.sub(_blank, text))


def functions(text):
    """The function bodies outside other functions, lambdas counted with what holds them."""
    code = code_only(text)
    found = []
    stack = []  # of (is_container, function start or None)
    head_start = 0
    for match in re.finditer(r"[{};]", code):
        mark, position = match.group(0), match.start()
        if mark == "{":
            head = code[head_start:position]
            outside = all(is_container for is_container, _ in stack)
            start = _function_start(head, head_start) if outside else None
            stack.append((outside and start is None and _is_container(head), start))
        elif mark == "}" and stack:
            _, start = stack.pop()
            if start is not None:
                first = code.count("\n", 0, start) + 1
                last = code.count("\n", 0, position) + 1
                found.append(Function(_name(code[start:]), first, last))
        if mark != ";" or not _inside_parentheses(code[head_start:position]):
            head_start = position + 1
    return found


def _is_container(head):
    return bool(_CONTAINER.match(head)) or not head.strip()


def _inside_parentheses(head):
    return head.count("(") > head.count(")")


def _function_start(head, head_start):
    """Where the declaration of the function that `head` introduces begins, if it is one."""
    stripped = head.rstrip()
    if "(" not in stripped or stripped.endswith(("=", ",", "(", "return")):
        return None
    bare = re.sub(r"<[^<>]*>", "", stripped)
    if re.match(r"^\s*(namespace|class|struct|union|enum|extern)\b[^()]*$", bare):
        return None
    if re.search(r"\b(public|private|protected)\s*:\s*$", stripped):
        return None
    return head_start + len(head) - len(head.lstrip())


def _name(code):
    match = re.match(r"[^(]*?([~\w:]+|operator[^(\s]+)\s*\(\s*([^(){};]*)", code)
    if not match:
        return "?"
    if match.group(1).startswith("TEST"):
        return f"{match.group(1)}({' '.join(match.group(2).rstrip(')').split())})"
    return match.group(1)
