"""Markdown as people and agents write it, made safe to show (design 3.2, 7.6).

CommonMark with tables and strikethrough, no raw HTML, no images; a link shows where it really leads. The
parser makes little, and nh3 lets through less: either alone would do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

SCHEMES = frozenset({"http", "https", "mailto"})
TAGS = {
    *("div", "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
CLASSES = {"span": {"muted"}, "div": {"scroll-x"}, "table": {"table", "table--bare"}}
LONGEST_REMEMBERED = 4_000
HIGHEST_HEADING = 3  # below the page's own h1 and h2
# A site's own path: one slash, never two, and no backslash that a browser would read as one.
OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


def is_safe_link(url: str) -> bool:
    """May a reader be led there? https, http, mailto, or a path of this site."""
    plain = unquote(url.strip())
    if any(character <= " " or character == "\x7f" for character in plain.split("?")[0]):
        return False
    if plain.startswith("/"):
        return OWN_PATH.fullmatch(plain) is not None
    try:
        parts = urlsplit(plain)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme.lower() in SCHEMES and (bool(host) or parts.scheme.lower() == "mailto")


def host_of(url: str) -> str:
    """The host a link leads to, or '' for an address or a path of this site."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _heading(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, _env: Any) -> str:
    token = tokens[index]
    token.tag = f"h{min(6, int(token.tag[1]) + HIGHEST_HEADING - 1)}"
    return renderer.renderToken(tokens, index, options, _env)


def _wide_open(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return '<div class="scroll-x"><table class="table table--bare">\n'


def _wide_close(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


def _code_block(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Code keeps its lines: what is wider than the page scrolls by itself."""
    return f'<div class="scroll-x"><pre><code>{escape(tokens[index].content)}</code></pre></div>\n'


def _link_close(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, _env: Any) -> str:
    host = host_of(_href(tokens, index))
    if not host or _says(_words(tokens, index), host):
        return "</a>"
    return f'</a> <span class="muted">({escape(host)})</span>'


def _says(words: str, host: str) -> bool:
    """Do the words of a link name its host already, from their beginning to the host's end?"""
    return re.match(rf"(https?://)?{re.escape(host)}([/?#]|$)", words) is not None


def _href(tokens: Sequence[Token], close: int) -> str:
    return str(tokens[_opening(tokens, close)].attrGet("href") or "")


def _words(tokens: Sequence[Token], close: int) -> str:
    return "".join(token.content for token in tokens[_opening(tokens, close) : close]).strip()


def _opening(tokens: Sequence[Token], close: int) -> int:
    """Links hold no links, so the nearest opening belongs to this closing."""
    return next(index for index in range(close, -1, -1) if tokens[index].type == "link_open")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
    parser.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])
    parser.validateLink = is_safe_link  # type: ignore[method-assign]
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    parser.add_render_rule("table_open", _wide_open)
    parser.add_render_rule("table_close", _wide_close)
    parser.add_render_rule("fence", _code_block)
    parser.add_render_rule("code_block", _code_block)
    parser.add_render_rule("link_close", _link_close)
    return parser


_markdown = _parser()


def render(text: str) -> SafeString:
    """The HTML of a message: safe to put into a page as it is."""
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _rendered(text)


def _rendered(text: str) -> SafeString:
    clean = nh3.clean(
        _markdown.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        link_rel="noopener nofollow",
        allowed_classes=CLASSES,
    )
    return mark_safe(clean)


# What was said never changes, and a thread is read again and again; at most some three megabytes.
_remembered = lru_cache(maxsize=512)(_rendered)
