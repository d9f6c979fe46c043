"""Scripts and style sheets of a page without what only their readers need."""

import pytest

from purenet.seeing.paper.squeezing import squeezed_script, squeezed_style


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(a, b);\n// Why.\ng(a);  // then\n", "f(a,b);g(a);"),
        ('f("a  - b", "\\" // c");', 'f("a  - b","\\" // c");'),
        ("f(`a  ${b + `c  ${d + `, e ; }`} - f`} // g`);",
         "f(`a  ${b+`c  ${d+`, e ; }`} - f`} // g`);"),
        ("f(/[/ \"`]  =/g, a / b / c);", "f(/[/ \"`]  =/g,a/b/c);"),
        ("x = / a - b/ in c;", "x=/ a - b/ in c;"),
        ("a + +b - -c + ++d - e;", "a+ +b- -c+ ++d-e;"),
        ("const a = 1;\nconst f = () => { let b = 2; let c = 3; d(); };\nconst e = 5;\n",
         "let a=1,f=()=>{let b=2,c=3;d()},e=5;"),
        ("for (const a of b) c(a);\nconst d = 1;\n", "for(let a of b)c(a);let d=1;"),
        ("const a = 1;\nb();\nconst c = 2;\n", "let a=1;b();let c=2;"),
        ("const a = { b: [1, 2, ], c, };\n", "let a={b:[1,2,],c};"),
        ("if (a) {\n  b();\n} else c();\nfunction d() {\n  return e;\n}\nd();\n",
         "if(a){b()}else c();function d(){return e}d();"),
        ("a = b\n  || typeof c;\n", "a=b||typeof c;"),
        ("a()\nb()\n", "a()\nb()\n"),
        ("a = 0.50 + b[0].c - 10.5e3 + true;", "a=.50+b[0].c-10.5e3+!0;"),
    ],
    ids=["comment", "string", "template", "regex", "in", "signs", "const", "for", "between",
         "comma", "blocks", "lines", "unended",
"literals"],
)  # fmt: skip
def test_script(text, expected):
    assert squeezed_script(text).strip() == expected.strip()


def test_style():
    text = (
        "/* Why. */\n"
        + 'a > b, c { color: red; width: calc(1px + 2px); }\nd::before { content: " ; } "; }\n'
    )
    expected = 'a>b,c{color:red;width:calc(1px + 2px)}d::before{content:" ; } "}'
    assert squeezed_style(text) == expected
