"""Looks over review pages: look_over.py FOLDER

A page must be well-formed, may have only the elements and attributes that the page is made of (a
value that was not escaped would bring others), may lead nowhere outside, and must have a policy that
allows exactly its own style and script; and the counts by school must add up to the rows of the files.
Says what is wrong, one line each, and fails; else one line.
"""
import base64
import hashlib
import html.parser
import pathlib
import re
import sys

MOST_BYTES = 3_000_000
PARTS = pathlib.Path(__file__).resolve().parents[2] / "converter" / "page"
VOID = {"meta", "input"}
SHAPES = {"path", "rect", "circle"}
ELEMENTS = VOID | SHAPES | set(
    "html head title style body a svg defs pattern header footer nav main section article div p "
    "span b small code ul li dl dt dd h1 h2 h3 table caption thead tbody tfoot tr th td details "
    "summary label select option button script".split())
ATTRIBUTES = set(
    "lang charset http-equiv content name class href id width height aria-hidden focusable "
    "patternunits patterntransform x cx cy r d viewbox preserveaspectratio aria-label "
    "aria-labelledby tabindex role scope colspan data-severity data-code hidden open for type value "
    "autocomplete spellcheck".split())
REFERENCES = {"aria-labelledby", "for"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.wrong = []
        self.stack = []
        self.ids = []
        self.references = []
        self.texts = {"style": [], "script": []}
        self.policies = []
        self.columns = None
        self.cells = 0

    def complain(self, what):
        self.wrong.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attributes):
        if tag not in ELEMENTS:
            self.complain(f"element <{tag}>")
        names = [name for name, _ in attributes]
        for name in names:
            if name not in ATTRIBUTES:
                self.complain(f"attribute {name} of <{tag}>")
            if names.count(name) > 1:
                self.complain(f"attribute {name} of <{tag}> twice")
        values = dict(attributes)
        if "id" in values:
            self.ids.append(values["id"])
        self.references += [values[name] for name in REFERENCES if name in values]
        if "href" in values:
            if not values["href"].startswith("#"):
                self.complain(f"a link outside: {values['href']}")
            self.references.append(values["href"][1:])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(values["content"])
        self.count_cells(tag, values)
        if tag in self.texts:
            self.texts[tag].append("")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in SHAPES:
            self.complain(f"<{tag}/> ends itself")
        else:
            self.stack.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.complain(f"</{tag}> ends <{self.stack[-1] if self.stack else 'nothing'}>")
            return
        self.stack.pop()
        if tag == "tr":
            if self.columns is None:
                self.columns = self.cells
            elif self.columns != self.cells:
                self.complain(f"a row of {self.cells} cells below {self.columns} headings")

    def count_cells(self, tag, values):
        """Every row of a table must have as many cells as there are headings."""
        if tag == "table":
            self.columns = None
        elif tag == "tr":
            self.cells = 0
        elif tag in ("td", "th"):
            self.cells += int(values.get("colspan", 1))

    def handle_data(self, data):
        if self.stack and self.stack[-1] in self.texts:
            self.texts[self.stack[-1]][-1] += data

    def handle_comment(self, data):
        self.complain("a comment")

    def handle_decl(self, decl):
        if decl != "DOCTYPE html":
            self.complain(f"<!{decl}>")

    def unknown_decl(self, data):
        self.complain(f"<![{data}]>")

    def handle_pi(self, data):
        self.complain(f"<?{data}>")


def policy_hash(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def number(text):
    return int(text.replace(",", ""))


def sums(text):
    """The rows of the files, and what the schools add up to, where they differ."""
    rows = {name.lower(): number(count) for name, count in re.findall(
        r'<th scope="row">(\w+)\.csv</th><td class="n">([\d,]+)', text, re.IGNORECASE)}
    foot = re.search(r'<tr class="sum">.*?</tr>', text)
    if not foot:
        return []
    counts = [number(count) for count in re.findall(r"<td[^>]*>([\d,]+)</td>", foot.group())]
    wanted = [rows["student"], rows["teacher"], rows.get("section", 0),
              rows.get("teacherroster", 0) + rows.get("studentenrollment", 0)]
    return [] if counts[:4] == wanted else [f"the schools have {counts[:4]}, the files {wanted}"]


def look_over(path):
    data = path.read_bytes()
    page = Page()
    if len(data) > MOST_BYTES:
        page.wrong.append(f"{len(data)} bytes")
    text = data.decode()
    page.feed(text)
    page.close()
    if page.stack:
        page.wrong.append(f"not closed: {page.stack}")
    for name in set(page.ids):
        if page.ids.count(name) > 1:
            page.wrong.append(f"id {name} more than once")
    page.wrong += [f"nothing has the id {r}" for r in page.references if r not in page.ids]
    for kind, name in (("style", "page.css"), ("script", "page.js")):
        if page.texts[kind] != [(PARTS / name).read_text()]:
            page.wrong.append(f"its <{kind}> is not {name} alone")
    page.wrong += sums(text)
    wanted = ("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; "
              "form-action 'none'" % tuple(policy_hash("".join(page.texts[kind]))
                                           for kind in ("style", "script")))
    if page.policies != [wanted]:
        page.wrong.append(f"policy {page.policies}, not {wanted}")
    return [f"{path.name}: {wrong}" for wrong in page.wrong]


def main():
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.html"))
    wrong = [line for path in paths for line in look_over(path)]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(paths)} pages are well-formed, escaped and closed to the outside")


main()
