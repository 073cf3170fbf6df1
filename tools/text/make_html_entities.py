#!/usr/bin/python3
"""Writes HiCorr.Pipeline/Vision/Text/html5-entities.txt: the names of HTML 5's character references (the HTML standard's table, as Python's html.entities has it).

    /usr/bin/python3 tools/text/make_html_entities.py

One name a line, with its semicolon where it needs one, a blank, and its characters' code points in hexadecimal.
"""
import html.entities
import pathlib

path = pathlib.Path(__file__).resolve().parents[2] / "HiCorr.Pipeline" / "Vision" / "Text" / "html5-entities.txt"
path.write_text("".join(f"{name} {' '.join(f'{ord(c):X}' for c in text)}\n" for name, text in sorted(html.entities.html5.items())))
