"""What schemathesis cannot read out of the description: the languages that it names as formats,
and which entries stand in which story."""

import json
import os
import urllib.request

import schemathesis
from hypothesis import strategies as st

ADDRESS = os.environ["FEEDFOLD_ADDRESS"]

words = st.one_of(
    st.sampled_from(["wind", "battery", "Windows", "the", "gpt-5", "node.js", "京都", "naïve"]),
    # Characters of operators have a meaning in some places only.
    st.from_regex(r"[a-zà-ü0-9]{1,12}", fullmatch=True),
)
moments = st.from_regex(r"[1-9][0-9]{0,2}[mhdw]|20[0-3][0-9]-1[0-2]-[12][0-9]", fullmatch=True)
text = st.one_of(words, words.map(lambda w: w + "*"), st.lists(words, min_size=1, max_size=4).map(lambda w: '"' + " ".join(w) + '"'))
fields = st.one_of(
    st.tuples(st.sampled_from(["title", "author", "category"]), text).map(":".join),
    st.tuples(st.sampled_from(["feed", "tag", "site", "url"]), st.from_regex(r"[a-z]{1,8}", fullmatch=True)).map(":".join),
    st.sampled_from(["lang:en", "lang:pt-BR", "lang:de"]),
    st.sampled_from(["read", "unread", "starred", "lead", "copy", "coverage"]).map("is:{}".format),
    st.tuples(st.sampled_from(["", ">=", ">", "<", "<=", "="]), st.integers(0, 99)).map(lambda p: f"sources:{p[0]}{p[1]}"),
    st.tuples(st.sampled_from(["since", "until"]), moments).map(":".join),
    st.integers(0, 1000).map("story:{}".format),
)


def combined(parts):
    return st.one_of(
        st.tuples(parts, parts).map(" ".join),
        st.tuples(parts, parts).map(" OR ".join),
        st.tuples(parts, text).map(" -".join),
        parts.map("({})".format),
    )


schemathesis.openapi.format("feedfold-search", st.recursive(st.one_of(text, fields), combined, max_leaves=6))
schemathesis.openapi.format(
    "feedfold-address",
    st.from_regex(r"https?://[a-z0-9]{1,12}(\.[a-z]{1,9}){1,2}(:[1-9][0-9]{1,3})?(/[A-Za-z0-9._~/?=&%+-]{0,60})?", fullmatch=True),
)
schemathesis.openapi.format(
    "feedfold-schedule",
    st.one_of(
        st.sampled_from(["auto", "@hourly", "@daily", "0 6-22/2 * * 1-5", "*/15 8-18 * * mon-fri"]),
        st.tuples(st.integers(1, 59), st.sampled_from("mh")).map(lambda p: f"every {p[0]}{p[1]}"),
        st.tuples(st.integers(0, 59), st.integers(0, 23)).map(lambda p: f"{p[0]} {p[1]} * * *"),
    ),
)


def members():
    """Stories that hold several entries, each with one that is not its lead."""
    with urllib.request.urlopen(f"{ADDRESS}/api/v1/stories?q=sources:%3E=2&limit=500", timeout=10) as answer:
        stories = json.load(answer)["items"]
    return [(story["id"], story["members"][0]["entry"]) for story in stories if story["members"]]


MEMBERS = iter(members() * 3)


@schemathesis.hook
def map_case(context, case):
    """Every other correction is of entries and stories that there are: numbers by chance are not."""
    if isinstance(case.body, dict) and case.body.get("discover") is True:
        # Looking at a page takes a network, which the demo has none of.
        case.body["discover"] = False
    corrects = case.operation.path in ("/stories/{id}/split", "/stories/{id}/lead")
    if not corrects or not isinstance(case.body, dict) or not isinstance(case.body.get("entry"), int):
        return case
    if case.body["entry"] % 2 == 0 and (found := next(MEMBERS, None)):
        case.path_parameters["id"], case.body = found[0], {"entry": found[1]}
    return case
