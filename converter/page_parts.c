#include "converter/page_parts.h"

static const char *const html_lines[] = {
#include "converter/page/page.html.inc"
};

static const char *const css_lines[] = {
#include "converter/page/page.css.inc"
};

static const char *const js_lines[] = {
#include "converter/page/page.js.inc"
};

static const char css_hash[] = {
#include "converter/page/page.css.hash"
};

static const char js_hash[] = {
#include "converter/page/page.js.hash"
};

#define LINES(lines) (lines), sizeof(lines) / sizeof *(lines)

const struct page_part page_html = {LINES(html_lines), ""};
const struct page_part page_css = {LINES(css_lines), css_hash};
const struct page_part page_js = {LINES(js_lines), js_hash};
