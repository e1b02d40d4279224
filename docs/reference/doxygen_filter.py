"""A header as Doxygen wants to read it.

Our comments are plain, and stay so: this makes them Doxygen's, line by line, so that what Doxygen says of
line 12 is about line 12 of the header.

  // above a declaration      becomes  ///
  // behind a declaration     becomes  ///<, the lines below it that go on in its column too
  // on top of the file       becomes  the description of the file
  // of its own in a class    becomes  the heading of the members below it (a blank line follows it)
  indented lines in comments  become   code, or a list where they stand right below a text
  Type::Name in comments      becomes  a reference, so that one to nothing is an error
"""

import re

import reference_groups

_COMMENT_LINE = re.compile(r"^(\s*)// ?(.*)$")
_TRAILING = re.compile(r"^(\s*\S.*?\s)// (.*)$")
_CLASS = re.compile(r"^(?:class|struct) .*\{$")
_REFERENCE = re.compile(r"(?<![\w:`])((?:[A-Z]\w+::)+~?\w+)(?:\(\))?(?![\w:])")
_NAMED = re.compile(r"^(\S+(?:, \S+)*)\s{2,}(.*)$")  # kNotFound  there is no such thing
_MARKER = re.compile(r"^(?:-|[0-9]+\.) ")
# Their comments speak of headers that are not in the reference.
_INNER = ("kernel/wal/", "kernel/table/")
_NAMESPACE = re.compile(r"^namespace varve(::\w+)* \{$")
_NAMESPACE_END = re.compile(r"^\}  // namespace varve(::\w+)*$")
_GUARD = re.compile(r"^#ifndef VARVE_\w+_H_$")
_GUARD_END = re.compile(r"^#endif  // VARVE_\w+_H_$")
_CODE_SPAN = re.compile(r"(`[^`]*`)")


def escaped(text, scope):
    """Text in which nothing is a command, a tag or a link of Doxygen's but the references."""
    parts = []
    for part in _CODE_SPAN.split(text):
        if not part.startswith("`"):
            part = re.sub(r"([\\@<>#&$%])", r"\\\1", part)
            if scope is not None:
                part = _REFERENCE.sub(rf'@ref {scope}\1 "\1"', part)
        parts.append(part)
    return "".join(parts)


class Comment:
    """One block of lines of a comment, to be put out with `lead` ("///") on each."""

    def __init__(self, texts, scope):
        self.texts = texts
        self.scope = scope  # what references begin with; None: there are none
        self._item_column = 0

    def lines(self):
        """The texts with code and lists marked: as many lines as there are texts."""
        made, inside, above = [], "", ""  # inside: of "code", a "list", or neither
        for number, text in enumerate(self.texts):
            indented = text.startswith("  ")
            if indented and not inside:
                inside = "list" if above else "code"
                self._item_column = len(text) - len(text.lstrip())
                made.append("<ul>" if inside == "list" else "")
                if inside == "code" and number > 0:
                    made[-2:] = ["@code{.cpp}", ""]
                made[-1] += self._line(text, inside)
            elif inside and text and not indented:
                made.append(("@endcode " if inside == "code" else "</ul>") + self._escaped(text))
                inside = ""
            else:
                made.append(self._line(text, inside))
            above = text
        if inside:
            made[-1] += " @endcode" if inside == "code" else "</ul>"
        return made

    def _line(self, text, inside):
        if inside == "code":
            return text[2:]
        if inside != "list":
            return self._escaped(text)
        column = len(text) - len(text.lstrip())
        if column > self._item_column:  # the item goes on
            return self._escaped(text.strip())
        named = _NAMED.match(text.strip())
        if named:
            return f"<li><b>{named.group(1)}</b>: {self._escaped(named.group(2))}"
        return "<li>" + self._escaped(_MARKER.sub("", text.strip()))

    def _escaped(self, text):
        return escaped(text, self.scope)


class Header:
    """`path` is that in the tree: it says to which part of the reference the header belongs."""

    def __init__(self, path, text):
        self.path = path
        self.lines = text.split("\n")
        self.out = []
        self.in_namespace = any(_NAMESPACE.match(line) for line in self.lines)
        self.group_open = False
        self.class_open = False  # inside the body of a class
        self.members_open = False  # below a heading of members

    def filtered(self):
        at = 0
        while at < len(self.lines):
            match = _COMMENT_LINE.match(self.lines[at])
            at = self._comment(at, match.group(1)) if match else self._code(at)
        return "\n".join(self.out)

    def _comment(self, at, indent):
        """The block of comment lines from `at`; the index behind it."""
        texts, end = [], at
        while end < len(self.lines):
            match = _COMMENT_LINE.match(self.lines[end])
            if not match or match.group(1) != indent:
                break
            texts.append(match.group(2))
            end += 1
        made = Comment(texts, self._scope(at)).lines()
        follows = self.lines[end] if end < len(self.lines) else ""
        if at == 0:
            self._file_comment(made)
        elif follows.strip() == "" and self.class_open:
            self._heading(indent, made)
        elif follows.strip() == "" or follows.startswith("#"):
            self.out += self.lines[at:end]  # about several things: nobody's description
        else:
            self.out += [f"{indent}/// {text}" for text in made]
        return end

    def _scope(self, at):
        if self.path.startswith(_INNER):
            return None
        return "varve::" if at == 0 else ""  # on top, no namespace is open yet

    def _file_comment(self, made):
        self.out.append("/** " + made[0])
        self.out += made[1:]
        self.out[-1] += " @file */"

    def _heading(self, indent, made):
        title, _, rest = made[0].partition(". ")
        if rest and len(made) > 1:
            made[1] = rest + " " + made[1]
        else:
            title = made[0]
        self._close_members()
        made[0] = f"{indent}/** @name {title.rstrip('.')}"
        made[-1] += " */ /**@{*/"
        self.out += made
        self.members_open = True

    def _close_members(self):
        if self.members_open:
            self.out[-1] += " /**@}*/"
        self.members_open = False

    def _code(self, at):
        line = self.lines[at]
        if (_NAMESPACE if self.in_namespace else _GUARD).match(line) and not self.group_open:
            return self._begin_group(at)
        if (_NAMESPACE_END if self.in_namespace else _GUARD_END).match(line):
            self.out.append("/** @} */" + (line if self.in_namespace else ""))
            self.group_open = False
            return at + 1
        if _CLASS.match(line):
            self.class_open = True
        if self.class_open and (line.startswith("};") or line.strip() in ("private:", "public:")):
            self._close_members()
            self.class_open = not line.startswith("};")
        match = _TRAILING.match(line)
        if not match or line.lstrip().startswith(("#", "}")):
            self.out.append(line)
            return at + 1
        column = len(match.group(1))
        self.out.append(f"{match.group(1)}///< {escaped(match.group(2), self._scope(at))}")
        at += 1
        while at < len(self.lines):
            more = _COMMENT_LINE.match(self.lines[at])
            if not more or len(more.group(1)) != column:
                break
            self.out.append(f"{more.group(1)}///< {escaped(more.group(2), self._scope(at))}")
            at += 1
        return at


    def _begin_group(self, at):
        """All that the header declares belongs to the group of its folder: from within the outermost
        namespace on, or else from the include guard on, whose two lines are free."""
        self.group_open = True
        line, opening = self.lines[at], "/** @addtogroup " + reference_groups.group_of(self.path)
        if not self.in_namespace:
            self.out += [opening, " *  @{ */"]
        else:
            self.out += [f"{line} {opening}", " *  @{ */" + self.lines[at + 1]]
        return at + 2
