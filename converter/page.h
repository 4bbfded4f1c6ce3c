/* review/report.html: the page for the people who sign the files off (converter/README.md).
 *
 * One file that needs nothing else: its style and script are in it, and its policy allows no
 * others. All text from the input is escaped; no data stands in the script. At most PAGE_BYTES.
 */
#ifndef CONVERTER_PAGE_H
#define CONVERTER_PAGE_H

#include "converter/notes.h"
#include "converter/summary.h"

enum { PAGE_BYTES = 3000000 };

/* All of it borrowed. */
struct page {
    const struct summary *summary;
    const struct notes *notes;
};

/* Appends the page. False: out of memory. */
bool page_put(struct buf *out, const struct page *page);

/* ---- its sections, each in a file of its own ---- */

void page_put_files(struct buf *out, const struct page *page);
void page_put_problems(struct buf *out, const struct page *page);
void page_put_schools(struct buf *out, const struct page *page);
void page_put_preview(struct buf *out, const struct page *page);
void page_put_origin(struct buf *out, const struct page *page);

/* ---- what they share ---- */

/* "1 record", "2,000 records" */
void page_put_count(struct buf *out, uint64_t number, const char *thing);

/* <th scope="col">, `number` for a column of numbers. */
void page_put_heading(struct buf *out, const char *text, bool number);

/* <td> of a number with thousands set apart. */
void page_put_number(struct buf *out, uint64_t number);

/* <td> of text from elsewhere, clipped to `limit` characters. */
void page_put_cell(struct buf *out, const char *text, size_t limit);

/* Begins a table that may be wider than the screen: `name` says what scrolls; and ends it. */
void page_begin_table(struct buf *out, const char *name, const char *class);
void page_end_table(struct buf *out);

#endif
