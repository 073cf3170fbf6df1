#!/usr/bin/python3
"""Writes HiCorr.Tests/Data/clip-tokens: more than 200 texts with their token ids by CLIP's published tokenizer, and a small vocabulary of our own.

    /usr/bin/python3 tools/test-models/make_clip_tokens.py ../shared/clip-text/bpe_simple_vocab_16e6.txt.gz

The algorithm is CLIP's clip/simple_tokenizer.py and clip.tokenize(truncate=True) (github.com/openai/CLIP, MIT), written anew, without ftfy.fix_text.
Its pattern needs the module `regex`; where that is not installed, the characters are put into the pattern's classes by unicodedata and the pattern
runs on these. Vocabulary "clip" is the file that is given, of which nothing is kept but ids; "small" is learned here from the prompts below.
"""
import collections
import gzip
import html
import json
import pathlib
import re
import sys
import unicodedata

CONTEXT = 77
START, END = "<|startoftext|>", "<|endoftext|>"
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "HiCorr.Tests" / "Data" / "clip-tokens"


def byte_alphabet():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(others)}}


ALPHABET = byte_alphabet()


def category(c):
    """The pattern's classes: L letter, N number, S space (White_Space: Python's own isspace has 1C to 1F too), P anything else."""
    kind = unicodedata.category(c)
    if kind[0] in "LN":
        return kind[0]
    return "S" if kind in ("Zs", "Zl", "Zp") or c in "\t\n\v\f\r\x85" else "P"


def split(text):
    try:
        import regex
        return regex.findall(r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""", text, regex.IGNORECASE)
    except ImportError:
        pass
    classes = "".join(map(category, text))
    fixed = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'(?:s|t|re|ve|m|ll|d)", re.IGNORECASE)
    runs = re.compile("L+|N|P+")
    words, i = [], 0
    while i < len(text):
        match = fixed.match(text, i) or runs.match(classes, i)
        if match:
            words.append(text[i:match.end()])
        i = match.end() if match else i + 1
    return words


def clean(text):
    text = html.unescape(html.unescape(text)).strip()
    spaced = "".join(" " if category(c) == "S" else c for c in text)
    return re.sub(" +", " ", spaced).strip().lower()


def symbols(word):
    letters = [ALPHABET[b] for b in word.encode("utf-8")]
    return (*letters[:-1], letters[-1] + "</w>")


def join(word, pair):
    joined, i = [], 0
    while i < len(word):
        if word[i:i + 2] == pair:
            joined.append(pair[0] + pair[1])
            i += 2
        else:
            joined.append(word[i])
            i += 1
    return tuple(joined)


def pieces(word, ranks):
    while len(word) > 1:
        pair = min(zip(word, word[1:]), key=lambda p: ranks.get(p, len(ranks)))
        if pair not in ranks:
            break
        word = join(word, pair)
    return word


def vocabulary(merges):
    letters = [ALPHABET[b] for b in [*range(33, 127), *range(161, 173), *range(174, 256)]]
    letters += [c for c in ALPHABET.values() if c not in letters]
    return [*letters, *(c + "</w>" for c in letters), *("".join(m) for m in merges), START, END]


def tokenize(text, ids, ranks):
    tokens = [ids[START]]
    for word in split(clean(text)):
        tokens += [ids[word]] if word in (START, END) else [ids[p] for p in pieces(symbols(word), ranks)]
    tokens.append(ids[END])
    return tokens if len(tokens) <= CONTEXT else tokens[:CONTEXT - 1] + [ids[END]]


def learn(corpus, count):
    words = collections.Counter(symbols(w) for line in corpus for w in split(clean(line)))
    merges = []
    for _ in range(count):
        pairs = collections.Counter()
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += times
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(best)
        joined = collections.Counter()
        for word, times in words.items():
            joined[join(word, best)] += times
        words = joined
    return merges


INDOOR = "wall floor cabinet bed chair sofa table door window bookshelf picture counter desk curtain refrigerator,shower curtain,toilet sink bathtub,other furniture"
NAMES = [n for part in INDOOR.split(",") for n in ([part] if part in ("shower curtain", "other furniture") else part.split())]
STREET = ["barrier", "bicycle", "construction vehicle", "traffic_cone", "driveable surface", "other_flat", "manmade", "vegetation", "traffic sign", "motorcyclist"]
FRAMES = ["a photo of a {}.", "a {} in a scene", "itap of my {}.", "a close-up photo of the {}.", "there is the {} in the scene."]

ODD = [
    "", " ", "\t\n", ".", "a", "A", "I", "'", "''", "!", "\u00a0", "\u3000", "\ufeff", "\u200b", "0", "00", "2024", "3.14159", "1,000,000", "-5", "x2y2z2", "no1", "10th",
    "Don't", "DON'T", "it's its it 's", "we're we've we'll I'm he'd", "o'clock rock'n'roll", "'s't're've'm'll'd", "'S'T'RE", "isn\u2019t it", "'\u017f", "dogs' tails", "'''s", "!'s", "'sofa",
    "a  b\tc\nd\re\x0bf\x0cg", "\x1ca\x1cb\x1c", "a\x1db\x1e", "a\x85b", "a\u2028b\u2029c", "a\u2003b\u2009c\u202fd", "\u180ea", "line\r\nbreak", " lead", "trail ", "a\x00b", "\x07bell", "del\x7f", "soft\u00adhyphen",
    "zero\u200dwidth", "ZERO\u200cWIDTH", "caf\u00e9", "cafe\u0301", "CAF\u00c9", "na\u00efve", "\u00c5ngstr\u00f6m", "STRASSE stra\u00dfe \u1e9e", "\u0130stanbul", "\u0131\u0049", "I\u0307", "\u212a\u212b\u2126", "\u01c5\u01c8\u01f2",
    "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3", "\u039f\u0394\u039f\u03a3.", "\u03a3", "a\u03a3 b", "a.\u03a3", "\u03a3'a", "\u0391\u03a3\u00ad\u0391", "\u0391\u03a3\u0301", "\u2160\u03a3", "\u03b1\u00aa\u03a3",
    "\u041f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", "\u0416\u0401\u042f", "\u053f\u0540", "\u10a0\u10d0\u1c90", "\u13a0\u13e0\uab70", "\u2c00\u2c2f", "\ua640", "\u1e00\u1eff", "\u0410\u0301", "\U00010400\U00010428", "\U0001e900",
    "\u4f60\u597d\u4e16\u754c", "\u6905\u5b50 chair", "\u3053\u3093\u306b\u3061\u306f", "\u30a4\u30b9", "\uff21\uff22\uff43", "\uc758\uc790", "\u0645\u0631\u062d\u0628\u0627", "\u05e9\u05c1\u05dc\u05d5\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0e40\u0e01\u0e49\u0e32\u0e2d\u0e35\u0e49", "\u1794\u1793\u17d2\u1791\u1794\u17cb",
    "\U0001d400\U0001d41a", "abc\U0001d400", "\U00020000\U0002a6d6", "\U0001d7d8\U0001d7d9", "\u0661\u0662\u0663", "\u00bd\u00bc\u00b2", "\u2160\u2161\u216b", "\u2460\u24b6\u24d0", "\u3007\u4e00", "\U00010107", "\u0bf0",
    "\U0001f600", "\U0001f600\U0001f601\U0001f602", "chair\U0001fa91chair", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea", "\u2764\ufe0f", "a\u20e3", "#\ufe0f\u20e3", "\u00a9\u00ae\u2122", "\ue000\U000f0000", "\ufffd\ufffe",
    "&amp;", "&amp;amp;", "&amp;amp;amp;", "&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>", "caf&eacute;", "&EACUTE;", "&eacute", "&notit;", "&notin;", "&ampersand", "&am", "&", "&&", "& amp;", "&;", "&#;", "&#x;", "&#65;", "&#x41;", "&#X41", "&#65b", "&#128;", "&#x80;&#x9f;&#x81;",
    "&#0;", "&#13;x", "&#1;x", "&#xD800;", "&#x110000;", "&#99999999999999999999;", "&#xFFFE;", "&#38;lt;", "&amp;#39;s", "&nbsp;a&nbsp;b", "&NotEqualTilde;", "&fjlig;", "&CounterClockwiseContourIntegral;", "&zwj;", "&#x1F600;", "&quot;x&quot;", "&lsquo;s", "&amp&lt", "a&b", "AT&T", "&\u00e9;",
    "<|startoftext|>", "<|endoftext|>", "<|ENDOFTEXT|>", "a<|endoftext|>b", "!<|endoftext|>", "<|endoftext|", "<|endoftext|><|startoftext|>", "<|\u017ftartoftext|>", "</w>", "a</w> b", "<w>", "\u0120chair", "\u0100\u0101",
    "...", "?!?!", "(a)", "[b]{c}", "semi;colon:", "under_score", "hy-phen", "a/b\\c", "$100", "50%", "100\u20ac", "~`^|", "\"quoted\"", "\u201cquoted\u201d", "\u2026\u2014\u2013", "\u00bfqu\u00e9?", "C++", "http://a.b/c?d=e&f=g", "me@here.org", "#tag", "x=y*z",
    "antidisestablishmentarianism", "Pneumonoultramicroscopicsilicovolcanoconiosis", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abababababababababab", "xqzjkvwpfg" * 3, "a" * 500, "lorem ipsum " * 60, "chair, " * 40, "\U0001f600" * 60, "1" * 200, "word " * 74 + "x", "word " * 75, "word " * 76, "word " * 400,
]


def main():
    lines = gzip.open(sys.argv[1]).read().decode("utf-8").split("\n")
    clip = [tuple(line.split()) for line in lines[1:49152 - 256 - 2 + 1]]
    prompts = [frame.format(name) for name in NAMES + STREET for frame in FRAMES]
    small = learn(prompts + NAMES + STREET, 150)

    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(vocabulary(small))}, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    (FOLDER / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in small), "utf-8")

    texts = list(dict.fromkeys(ODD + NAMES + STREET + prompts[::7]))
    sides = []
    for merges in (clip, small):
        words = vocabulary(merges)
        ids, ranks = dict(zip(words, range(len(words)))), dict(zip(merges, range(len(merges))))
        assert len(ids) == len(words) and len(ranks) == len(merges)
        sides.append((ids, ranks))
    rows = [{"text": t, "clip": tokenize(t, *sides[0]), "small": tokenize(t, *sides[1])} for t in texts]
    body = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    (FOLDER / "tokens.json").write_text(f"[\n{body}\n]\n")
    print(len(rows), "texts")


if __name__ == "__main__":
    main()
