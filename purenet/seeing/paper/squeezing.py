"""Scripts and style sheets without what only their readers need.

Names, strings and regular expressions stay as they are.  A script has to end each statement with a
semicolon, and to do without empty statements.
"""

from __future__ import annotations

import re

_STRING = r'"(?:\\.|[^"\\\n])*"'
_TOKEN = re.compile(
    rf"(?P<space>(?:\s|/\*.*?\*/|//.*)+)|{_STRING}|\d+\.[\d\w]+|[\w$]+|=>|\+\+|--|[^\w\s]"
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/\w*")
# A slash after one of these begins a regular expression.
_BEFORE_REGEX = {*"(,=:[!&|?{};+", "=>", "return"}
# What means the same in a script that works.
_SHORTER = {"const": "let", "true": "!0", "false": "!1"}
# A line that ends with one of these goes on, and so does one before one of those.
_GOING_ON = {*"{}([;,=?:&|+*<>", "=>"}
_GONE_ON = {*"})]?:.&|=*"}


def squeezed_script(text: str) -> str:
    """Return a script that does the same, in fewer bytes.

    >>> squeezed_script("const a = 1;\\nconst b = `${a + 1} + ${[a, `- ${a}`]}`;\\n")
    'let a=1,b=`${a+1} + ${[a,`- ${a}`]}`;'
    """
    return _squeezed(text, 0)[0]


def squeezed_style(text: str) -> str:
    """Return a style sheet that looks the same, in fewer bytes."""
    text = re.sub(r"/\*.*?\*/| +(?=!)", "", text)
    text = re.sub(
        rf"({_STRING})| *([:;{{}},>]) *|\n", lambda found: found[1] or found[2] or "", text
    )
    # The last rule of a block needs no semicolon.
    return text.replace(";}", "}")


def _squeezed(text: str, at: int) -> tuple[str, int]:
    """Return a script from a place to its end, or to the bracket that closes it, and that place."""
    made = [";"]
    # For each open bracket, whether the statement in it declares names.
    declares = [False]
    space = ""
    while at < len(text):
        token, at, is_space = _next(text, at, made[-1])
        if is_space:
            space = "\n" if "\n" in token else " "
            continue
        if token == "}" and len(declares) == 1:
            break
        token = _SHORTER.get(token, token)
        if made[-1] == ";" and token == "let" and declares[-1]:
            made[-1] = ","
        else:
            if token == "let" or made[-1] == ";":
                declares[-1] = token == "let"
            if re.match(r"0\.\d", token):
                token = token[1:]
            if token == "}" and made[-1] in (";", ","):
                made.pop()
            made += [_between(made[-1], space, token), token]
            if token in ("{", "(", "["):
                declares.append(False)
            elif token in ("}", ")", "]"):
                declares.pop()
        space = ""
    return "".join(made[1:]), at


def _next(text: str, at: int, last: str) -> tuple[str, int, bool]:
    """Return the next token, where it ends, and whether it is space; a template is squeezed."""
    if text[at] == "`":
        return *_template(text, at), False
    slash = text[at] == "/" and text[at + 1] not in "*/" and last in _BEFORE_REGEX
    found = (_REGEX if slash else _TOKEN).match(text, at)
    assert found is not None, (last, text[at - 60 : at + 60], slash)
    return found[0], found.end(), not slash and found["space"] is not None


def _template(text: str, at: int) -> tuple[str, int]:
    """Return the template that begins here, with what it computes squeezed, and where it ends."""
    made = ["`"]
    at += 1
    while text[at] != "`":
        if text.startswith("${", at):
            inside, at = _squeezed(text, at + 2)
            made.append("${" + inside + "}")
            continue
        length = 2 if text[at] == "\\" else 1
        made.append(text[at : at + length])
        at += length
    return "".join(made) + "`", at + 1


def _between(last: str, space: str, token: str) -> str:
    """Return what has to stay of the space between two tokens."""
    if space == "\n" and last not in _GOING_ON and token not in _GONE_ON:
        return space
    words = re.search(r"[\w$]\Z|^/.", last) and re.match(r"[\w$]", token)
    signs = last[-1:] == token[:1] and token[:1] in ("+", "-", "/")
    return " " if space and (words or signs) else ""
