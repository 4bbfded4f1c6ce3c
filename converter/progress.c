#include "converter/progress.h"

#include "converter/clock.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    PAUSE_MS = 100,      /* between two drawings */
    GUESS_MS = 1000,     /* before which a rate says nothing */
    DEFAULT_COLUMNS = 80 /* of a terminal that does not say */
};

/* ---- the line ---- */

static void put_part(struct buf *out, struct buf *part, size_t width)
{
    size_t gap = out->len ? 2 : 0;
    if (part->len && out->len + gap + part->len <= width) {
        buf_put(out, "  ", gap);
        buf_put_slice(out, buf_slice(part));
    }
    buf_reset(part);
}

static void put_bytes(struct buf *out, uint64_t bytes)
{
    bool small = bytes < 1000000;
    buf_put_grouped(out, bytes / (small ? 1000 : 1000000));
    buf_put_text(out, small ? " kB" : " MB");
}

static void put_left(struct buf *out, uint64_t seconds)
{
    unsigned long long minutes = seconds / 60;
    unsigned rest = (unsigned)(seconds % 60);
    if (minutes < 60)
        buf_printf(out, "%llu:%02u left", minutes, rest);
    else
        buf_printf(out, "%llu:%02u:%02u left", minutes / 60, (unsigned)(minutes % 60), rest);
}

void progress_put_line(struct buf *out, const struct progress *progress, uint64_t now,
                       size_t width)
{
    struct buf part = {0};
    uint64_t elapsed = now - progress->begun;
    uint64_t done = progress->before + progress->here;
    uint64_t records = atomic_load_explicit(&progress->records, memory_order_relaxed);
    double share = 0;
    buf_put_text(&part, progress->stage);
    put_part(out, &part, width);
    if (progress->total) {
        share = done < progress->total ? (double)done / (double)progress->total : 1;
        buf_printf(&part, "%u%%", (unsigned)(share * 100));
    } else if (done) {
        put_bytes(&part, done);
    }
    put_part(out, &part, width);
    if (records) {
        buf_put_grouped(&part, records);
        buf_put_text(&part, " records");
        put_part(out, &part, width);
    }
    if (records && elapsed >= GUESS_MS) {
        buf_put_grouped(&part, (uint64_t)((double)records * 1000 / (double)elapsed));
        buf_put_text(&part, "/s");
        put_part(out, &part, width);
    }
    if (share > 0 && elapsed >= GUESS_MS) {
        put_left(&part, (uint64_t)((double)elapsed * (1 - share) / share / 1000 + 0.5));
        put_part(out, &part, width);
    }
    out->oom = out->oom || part.oom;
    buf_release(&part);
}

/* ---- the terminal ---- */

/* Columns to write into: all but the last one, behind which some terminals begin a new line. */
static size_t columns(void)
{
    struct winsize window;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
    return (known ? window.ws_col : (size_t)DEFAULT_COLUMNS) - 1;
}

/* A run in the background leaves the terminal to what is in front. */
static bool in_front(void)
{
    pid_t group = tcgetpgrp(STDERR_FILENO);
    return group < 0 || group == getpgrp();
}

/* Nobody is worse off without the line, so a terminal that is gone only ends it. */
static void send(struct progress *progress, struct slice text)
{
    while (text.len > 0 && progress->on) {
        ssize_t done = write(STDERR_FILENO, text.ptr, text.len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            progress->on = false;
            return;
        }
        text.ptr += done;
        text.len -= (size_t)done;
    }
}

/* Puts the line `text` over the one before. The cursor waits at the left edge: what the terminal
 * echoes there (^C) is overwritten with the line. */
static void draw(struct progress *progress, struct slice text, size_t width)
{
    struct buf out = {0};
    size_t over = progress->shown < width ? progress->shown : width;
    buf_put_byte(&out, '\r');
    buf_put_slice(&out, text);
    for (size_t i = text.len; i < over; i++)
        buf_put_byte(&out, ' ');
    buf_put_byte(&out, '\r');
    if (!out.oom && in_front()) {
        send(progress, buf_slice(&out));
        progress->shown = text.len;
    }
    buf_release(&out);
}

static void draw_when_due(struct progress *progress)
{
    uint64_t now = clock_ms();
    if (progress->drawn && now - progress->drawn < PAUSE_MS)
        return;
    progress->drawn = now;
    struct buf line = {0};
    size_t width = columns();
    progress_put_line(&line, progress, now, width);
    if (!line.oom)
        draw(progress, buf_slice(&line), width);
    buf_release(&line);
}

/* ---- what the run tells ---- */

void progress_begin(struct progress *progress, bool quiet)
{
    *progress = (struct progress){.on = !quiet && isatty(STDERR_FILENO)};
    progress->begun = clock_ms();
}

void progress_stage(struct progress *progress, const char *stage)
{
    if (!progress || !progress->on)
        return;
    (void)snprintf(progress->stage, sizeof progress->stage, "%s", stage);
    draw_when_due(progress);
}

void progress_plan(struct progress *progress, uint64_t total)
{
    if (!progress || !progress->on)
        return;
    progress->total = total;
    progress->before = progress->size = progress->here = 0;
    progress->begun = clock_ms();
}

void progress_next(struct progress *progress, uint64_t size)
{
    if (!progress || !progress->on)
        return;
    progress->before += progress->size;
    progress->size = size;
    progress->here = 0;
}

void progress_read(struct progress *progress, uint64_t position)
{
    if (!progress || !progress->on)
        return;
    bool known = progress->size > 0;
    progress->here = known && position > progress->size ? progress->size : position;
    draw_when_due(progress);
}

void progress_records(struct progress *progress, uint64_t records)
{
    if (progress)
        atomic_store_explicit(&progress->records, records, memory_order_relaxed);
}

void progress_end(struct progress *progress)
{
    if (progress->on && progress->shown)
        draw(progress, SLICE_LITERAL(""), columns());
    progress->on = false;
}
