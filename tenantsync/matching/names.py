"""Names and domains of companies, made comparable. What follows from a likeness is decided elsewhere."""

import heapq
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Final

_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i"})
_SILENT: Final = re.compile(r"[.'`\u2019\u00b4]|(?<=\ba)/(?=s\b)")
_BREAKS: Final = re.compile(r"[^\w]+")
_LEGAL_FORMS: Final = frozenset(
    {
        *(
            "ab",
            "ag",
            "aps",
            "as",
            "asa",
            "bv",
            "bvba",
            "co",
            "company",
            "corp",
            "corporation",
            "cv",
            "doo",
            "ek",
            "eg",
        ),
        *("ev", "gbr", "gmbh", "group", "holding", "holdings", "inc", "incorporated", "kft", "kg", "kgaa", "kk", "lda"),
        *("limited", "llc", "llp", "lp", "ltd", "ltda", "mbh", "nv", "ohg", "oy", "oyj", "pc", "plc", "pllc", "pty"),
        *("pvt", "sa", "sarl", "sas", "sl", "slu", "spa", "spzoo", "sro", "srl", "ug", "zoo", "sp", "z", "o"),
    }
)
_FILLERS: Final = frozenset({"and", "the", "und", "et", "y"})
_MOST_COUNTED: Final = 5000
_MOST_COMPARED: Final = 100
_INITIAL_SUFFIXES: Final = (".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn")
_FREE_MAIL: Final = frozenset(
    {
        *("aol.com", "bluewin.ch", "btinternet.com", "comcast.net", "fastmail.com", "free.fr", "freenet.de"),
        *("gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hey.com"),
        *("hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr", "hotmail.it", "icloud.com", "laposte.net"),
        *("libero.it", "live.co.uk", "live.com", "live.de", "live.fr", "live.nl", "mac.com", "mail.com", "mail.ru"),
        *("me.com", "msn.com", "online.de", "orange.fr", "outlook.com", "outlook.de", "pm.me", "proton.me"),
        *("protonmail.com", "qq.com", "sbcglobal.net", "sky.com", "t-online.de", "verizon.net", "wanadoo.fr", "web.de"),
        *("yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.it", "yandex.ru", "ymail.com", "zoho.com"),
    }
)


def fold(text: str) -> str:
    """In lower case, without accents, with single spaces: what a search compares."""
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def business_name(name: str) -> str:
    """The name without legal form and punctuation; one that is nothing else stays as it is."""
    words = _BREAKS.sub(" ", _SILENT.sub("", fold(name.replace("&", " and ")))).split()
    kept = list(words)
    while kept and kept[-1] in _LEGAL_FORMS | _FILLERS:
        kept.pop()
    while kept and kept[0] in _FILLERS:
        kept.pop(0)
    return " ".join(kept or words)


def is_business_domain(domain: str) -> bool:
    """Whether a domain can tell companies apart: no free-mail provider's, and not Microsoft's initial one."""
    return "." in domain and domain not in _FREE_MAIL and not domain.endswith(_INITIAL_SUFFIXES)


def likeness(one: str, other: str) -> float:
    """Dice's coefficient of two names' letter pairs, 0 to 1; legal forms and punctuation do not count."""
    return _dice(_pairs(one), _pairs(other))


class NameIndex:
    """Names by id, asked for the ones that look alike without comparing each with each."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._pairs = {key: _pairs(name) for key, name in names.items()}
        self._keys_by_pair: dict[str, list[str]] = {}
        for key, pairs in self._pairs.items():
            for pair in pairs:
                self._keys_by_pair.setdefault(pair, []).append(key)

    def find(self, name: str, least: float, most: int) -> dict[str, float]:
        """Up to `most` ids whose names are at least so alike, with their likeness, the likeliest first."""
        pairs = _pairs(name)
        scores = ((key, _dice(pairs, self._pairs[key])) for key in self._comparable(pairs, least))
        alike = [(key, score) for key, score in scores if score >= least]
        return dict(heapq.nsmallest(most, alike, key=lambda item: (-item[1], item[0])))

    def _comparable(self, pairs: frozenset[str], least: float) -> list[str]:
        """Names that share some of the rarest pairs, the most of them first.

        Names so alike share `least / (2 - least)` of either's pairs, so one of all but as many must be a shared one.
        Where everybody has the same words, not every name is looked at.
        """
        needed = math.ceil(len(pairs) * least / (2 - least))
        rarest = sorted(pairs, key=lambda pair: (len(self._keys_by_pair.get(pair, ())), pair))
        shared = Counter[str]()
        for pair in rarest[: len(pairs) - needed + 1]:
            shared.update(self._keys_by_pair.get(pair, ()))
            if shared.total() > _MOST_COUNTED:
                break
        return [key for key, _ in shared.most_common(_MOST_COMPARED)]


def _pairs(name: str) -> frozenset[str]:
    letters = business_name(name).replace(" ", "")
    return frozenset(letters[start : start + 2] for start in range(max(1, len(letters) - 1))) - {""}


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
