"""Reads feeds with feedparser, and prints what it understood, as JSON: FILE... One object a file, in their order.

Needs the package feedparser. Texts are given as they stand in the feed: nothing is taken out of them or resolved."""

import calendar
import json
import sys

import feedparser


def seconds(entry, key):
    time = entry.get(key + "_parsed")
    return calendar.timegm(time) if time else None


def told(path):
    with open(path, "rb") as file:
        feed = feedparser.parse(file.read(), sanitize_html=False, resolve_relative_uris=False)
    entries = []
    for entry in feed.entries:
        content = entry.get("content") or [{"value": entry.get("summary", "")}]
        entries.append(
            {
                "id": entry.get("id"),
                "title": entry.get("title"),
                "link": entry.get("link"),
                "published": seconds(entry, "published"),
                "updated": seconds(entry, "updated"),
                "content": content[0]["value"].strip(),
                "categories": sorted(tag["term"] for tag in entry.get("tags", [])),
            }
        )
    return {"version": feed.version, "wrong": str(feed.get("bozo_exception", "")), "title": feed.feed.get("title"), "entries": entries}


print(json.dumps([told(path) for path in sys.argv[1:]]))
