"""threads/markdown.py: what people and agents write is shown, and nothing more happens."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from threads.markdown import is_safe_link, render

pytestmark = pytest.mark.unit

TAG = re.compile(r"<\s*(/?[a-zA-Z][a-zA-Z0-9]*)([^>]*)>")


def test_usual_markdown_becomes_html() -> None:
    assert render("**Bonjour**\nM. Bélanger\n\n- un\n- *deux*") == (
        "<p><strong>Bonjour</strong><br>\nM. Bélanger</p>\n<ul>\n<li>un</li>\n<li><em>deux</em></li>\n</ul>\n"
    )


def test_tables_and_strikethrough_are_known() -> None:
    html = render("|a|b|\n|-|-|\n|~~1~~|2|")
    assert "<th>a</th>" in html
    assert "<td><s>1</s></td>" in html


def test_what_is_wide_scrolls_by_itself() -> None:
    assert render("```py\n<b>1\n```") == '<div class="scroll-x"><pre><code>&lt;b&gt;1\n</code></pre></div>\n'
    assert render("    x") == '<div class="scroll-x"><pre><code>x\n</code></pre></div>\n'
    assert render("|a|\n|-|").startswith('<div class="scroll-x"><table class="table table--bare">')


def test_headings_stay_below_those_of_the_page() -> None:
    assert render("# A\n\n###### F") == "<h3>A</h3>\n<h6>F</h6>\n"


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe srcdoc='<script>1</script>'></iframe>",
        "<style>*{display:none}</style>",
        "<!--><script>alert(1)</script-->",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "```html\n<script>alert(1)</script>\n```",
        "`<img src=x onerror=1>`",
        '[x](https://a.example/"onmouseover=alert(1))',
        "[x](https://a.example 'title\" onmouseover=\"alert(1)')",
    ],
)
def test_html_in_a_text_is_shown_as_text(attack: str) -> None:
    html = render(attack)
    tags = {name.lstrip("/").lower() for name, _ in TAG.findall(html)}
    assert tags <= {"p", "a", "code", "pre", "span", "div"}
    assert not any(re.search(r"\son\w+\s*=\s*[^&]*$", attributes.split('"')[0]) for _, attributes in TAG.findall(html))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "&#106;avascript:alert(1)",
        "%6aavascript:alert(1)",
        "vbscript:x",
        "data:text/html;base64,PHNjcmlwdD4=",
        "file:///etc/passwd",
        "//evil.example",
        "/\\evil.example",
        "/%5Cevil.example",
        "/%2Fevil.example",
        "http://[::1",
        "https:///path",
        "relative/path",
    ],
)
def test_unsafe_addresses_never_become_links(url: str) -> None:
    assert "<a" not in render(f"[x]({url})")
    assert "<a" not in render(f"[x]\n\n[x]: {url}")


@pytest.mark.parametrize("url", ["https://a.example/x?y=1", "http://a.example", "mailto:a@b.example", "/t/1/", "/"])
def test_safe_addresses_are_links(url: str) -> None:
    assert is_safe_link(url)
    assert f'<a href="{url}" rel="noopener nofollow">x</a>' in render(f"[x]({url})")


def test_a_link_shows_the_host_it_really_leads_to() -> None:
    assert '<span class="muted">(evil.example)</span>' in render("[banque.example](https://evil.example/x)")
    assert '<span class="muted">(evil.example)</span>' in render("[x](https://banque.example@evil.example/)")
    assert "(xn--bnque-3qa.example)" in render("[x](https://bânque.example)")
    assert "(a.example.evil.org)" in render("[a.example](https://a.example.evil.org)")


@pytest.mark.parametrize("text", ["<https://a.example/x>", "[a.example](https://a.example/x)", "[x](/t/1/)"])
def test_a_host_that_is_already_said_is_not_said_twice(text: str) -> None:
    assert "<span" not in render(text)


def test_images_are_not_fetched() -> None:
    html = render("![photo](https://tracker.example/pixel.png)")
    assert "<img" not in html
    assert "(tracker.example)" in html


@pytest.mark.parametrize("part", ["[", ">", "*a ", "[a](b", "`", "![", "**a*", "|a", "<", "&", "[](", "~~a "])
def test_a_hostile_text_of_full_length_takes_little_time(part: str) -> None:
    started = time.process_time()
    render((part * 20_000)[:20_000])
    assert time.process_time() - started < 3


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>\"'&[]()!`*_#/\\:.javscriptonerx \n", max_size=200))
def test_no_text_makes_another_tag_or_attribute(text: str) -> None:
    for name, attributes in TAG.findall(render(text)):
        assert name.lstrip("/") in {
            *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"),
            *("h3", "h4", "h5", "h6", "div", "table", "thead", "tbody", "tr", "th", "td"),
        }
        assert re.fullmatch(
            r'( (href="[^"]*"|title="[^"]*"|rel="noopener nofollow"|class="[a-z -]+"|start="\d+"))*', attributes
        )
