"""What the pages beside the map have in common: a template filled in, a policy, one file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from geocluster.files import replacing
from geocluster.letters import legible
from geocluster.maps.assets import script, style, template, without_addresses
from geocluster.maps.switch import switch
from geocluster.maps.text import json_for_page
from geocluster.sentences import tell
from geocluster.words import for_page

# Where they go in the markup: no text of data can be the same, since its tags are escaped.
POLICY, SCRIPT = "<policy/>", "<script-here/>"
_TURN = 'geoclusterTurn.page(["html"]);'


class HtmlPage:
    """A page, complete in one HTML file.

    Attributes
    ----------
    html : str
        The whole page.
    """

    def __init__(self, html: str) -> None:
        self.html = html

    def save(self, path: str | Path) -> Path:
        """Write the page; missing folders are made.

        Parameters
        ----------
        path : str or Path
            The file.

        Returns
        -------
        Path
            Where it lies.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(self.html, encoding="utf-8", newline="\n")
        return path


def filled(name: str, *, trim: bool = False, **values: Any) -> str:
    """A template and the style sheet of its name with these values, each of them escaped.

    Parameters
    ----------
    name : str
        Of the template, without its ending.
    trim : bool
        Leave no empty line where a block of the template stands alone in one.
    **values
        What the template asks for; one that is missing raises.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=trim, lstrip_blocks=trim,
        finalize=_legible,
    )  # fmt: skip
    markup = environment.from_string(template(f"{name}.html"))
    return markup.render(style=Markup(template(f"{name}.css")), **values)


def _legible(value: Any) -> Any:
    """Text without what would mislead a reader; what is markup already stays as it is."""
    return legible(value) if type(value) is str else value


def scripted(
    name: str,
    scripts: Sequence[str],
    data: dict[str, Any],
    *,
    start: str,
    said: Iterable[str] = (),
    **values: Any,
) -> str:
    """A page that draws by scripts and Leaflet, in every language, from data that it carries.

    Parameters
    ----------
    name : str
        Of the template, without its ending.
    scripts : sequence of str
        Our scripts, in their order.
    data : dict
        What the scripts draw, and the `language` in which the page opens.
    start : str
        The call with which the template's own script ends: the policy allows it as it stands.
    said : iterable of str
        What the study and its run say in the data, in English: the scripts find it in every
        language where they find the texts of the catalogue.
    **values
        What else the template asks for.
    """
    from markupsafe import Markup

    code = without_addresses("".join(template(one) for one in scripts))
    told = template(f"{name}.html") + code + json_for_page(data)
    # A browser reads lines as ended by \n alone, and hashes what it reads.
    leaflet = script("leaflet.js", "leaflet").replace("\r\n", "\n")
    allowed = [leaflet.removeprefix("<script>").partition("</script>")[0], f"\n{code}\n{start}\n"]
    return filled(
        name,
        language=data["language"],
        policy=policy(allowed),
        code=Markup(code),
        data=Markup(json_for_page(data | {"languages": _with(said, for_page(told))})),
        leaflet=Markup(leaflet),
        leaflet_style=Markup(style("leaflet.css")),
        **values,
    )


def _with(said: Iterable[str], languages: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The words of each language, and these texts as it tells them."""
    texts = sorted({text for text in said if text})
    for code, known in languages.items():
        told = {text: tell(text, code) for text in texts}
        known["words"] |= {text: other for text, other in told.items() if other != text}
    return languages


def turnable(markup: str, language: str, texts: Mapping[str, Sequence[str]]) -> str:
    """A page written in one language, with what turns it into the others where there are any.

    Parameters
    ----------
    markup : str
        The page, with `POLICY` and `SCRIPT` where these go, and an empty select `gc-language`.
    language : {"en", "ru", "uz"}
        In which it is written.
    texts : mapping of language to sequence of str
        What `texts_of_markup` finds in it, in each language.
    """
    told = switch(language, texts)
    code = without_addresses(f"\n{template('turn.js')}{_TURN}\n") if told["others"] else ""
    meta = policy([code] if code else [])
    meta = f'<meta http-equiv="Content-Security-Policy" content="{meta}">'
    script = f'<script type="application/json" id="gc-told">{json_for_page(told)}</script>\n'
    script = f"{script}<script>{code}</script>\n" if code else ""
    return markup.replace(POLICY, meta, 1).replace(SCRIPT, script, 1)


def policy(scripts: Sequence[str]) -> str:
    """What the page may do: run these scripts and show pictures that it carries, no more.

    Examples
    --------
    >>> policy(["go()"])[:44]
    "default-src 'none'; script-src 'sha256-5KYv+"
    """
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
        for code in scripts
    ]
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(["script-src", *(hashes or ["'none'"])]),
            "style-src 'unsafe-inline'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
