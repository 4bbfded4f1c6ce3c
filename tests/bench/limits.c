/*
 * limits - how fast the parts are that no converter on these libraries can do without.
 *
 *   limits memchr FILE...   looks for a byte that is not there
 *   limits inflate ZIP      zlib inflates all members, without looking at their check sums
 *   limits gunzip FILE...   the same for gzip, whose check sum zlib verifies on its own
 *   limits cjson FILE...    the records of {"data":[...]} through cJSON, found by counting brackets
 *   limits csv FILE...      the rows, through libcsv with callbacks that count
 *   limits write FILE...    writes each file again beside itself, with fsync, and removes it
 *
 * Prints seconds, bytes of input (unpacked, for packed ones), and how many things were found. The
 * time is that of the work, with mapping the files and without starting the program.
 */
#include <cjson/cJSON.h>
#include <csv.h>
#include <fcntl.h>
#include <minizip/unzip.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 256 * 1024 };

struct result {
    uint64_t bytes;
    uint64_t found;
};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "limits: %s\n", what);
    exit(1);
}

static const char *map(const char *path, size_t *len)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        fail(path);
    *len = (size_t)st.st_size;
    void *bytes = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        fail(path);
    (void)close(fd);
    return bytes;
}

static void measure_memchr(const char *path, struct result *r)
{
    size_t len;
    const char *bytes = map(path, &len);
    r->found += memchr(bytes, '\0', len) != NULL;
    r->bytes += len;
}

/* ---- packed ---- */

/* One deflated member: minizip hands out its bytes as they are, zlib unpacks them. */
static void inflate_member(unzFile zip, struct result *r)
{
    static unsigned char packed[BLOCK];
    static unsigned char plain[BLOCK];
    z_stream z = {.next_in = NULL};
    int method = 0;
    int status = Z_OK;
    if (unzOpenCurrentFile2(zip, &method, NULL, 1) != UNZ_OK || method != Z_DEFLATED ||
        inflateInit2(&z, -MAX_WBITS) != Z_OK)
        fail("cannot open a member, or it is not deflated");
    while (status != Z_STREAM_END) {
        int n = z.avail_in > 0 ? 0 : unzReadCurrentFile(zip, packed, BLOCK);
        if (n > 0) {
            z.next_in = packed;
            z.avail_in = (unsigned)n;
        }
        z.next_out = plain;
        z.avail_out = BLOCK;
        status = inflate(&z, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END)
            fail("a member cannot be inflated");
        r->bytes += BLOCK - z.avail_out;
    }
    (void)inflateEnd(&z);
    (void)unzCloseCurrentFile(zip);
    r->found++;
}

static void measure_inflate(const char *path, struct result *r)
{
    unzFile zip = unzOpen64(path);
    if (zip == NULL)
        fail(path);
    int status = unzGoToFirstFile(zip);
    for (; status == UNZ_OK; status = unzGoToNextFile(zip))
        inflate_member(zip, r);
    (void)unzClose(zip);
}

static void measure_gunzip(const char *path, struct result *r)
{
    static unsigned char plain[BLOCK];
    size_t len;
    const char *packed = map(path, &len);
    z_stream z = {.avail_in = (unsigned)len};
    int status = Z_OK;
    memcpy(&z.next_in, &packed, sizeof packed);
    if (len > UINT32_MAX || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        fail(path);
    while (status == Z_OK) {
        z.next_out = plain;
        z.avail_out = BLOCK;
        status = inflate(&z, Z_NO_FLUSH);
        r->bytes += BLOCK - z.avail_out;
    }
    if (status != Z_STREAM_END)
        fail(path);
    (void)inflateEnd(&z);
    r->found++;
}

/* ---- parsers ---- */

static void parse_record(const char *bytes, size_t len, struct result *r)
{
    cJSON *record = cJSON_ParseWithLength(bytes, len);
    r->found += record != NULL;
    cJSON_Delete(record);
}

/* The place behind a string that starts at `at`. */
static size_t behind_string(const char *bytes, size_t at, size_t len)
{
    for (at++; at < len && bytes[at] != '"'; at++)
        at += bytes[at] == '\\';
    return at + 1;
}

/* A record is an object in the list in the envelope: the third bracket. */
static void measure_cjson(const char *path, struct result *r)
{
    size_t len;
    const char *bytes = map(path, &len);
    size_t start = 0;
    unsigned depth = 0;
    for (size_t at = 0; at < len; at++) {
        char c = bytes[at];
        if (c == '"') {
            at = behind_string(bytes, at, len) - 1;
        } else if (c == '{' || c == '[') {
            depth++;
            start = depth == 3 ? at : start;
        } else if (c == '}' || c == ']') {
            if (depth == 3)
                parse_record(bytes + start, at + 1 - start, r);
            depth--;
        }
    }
    r->bytes += len;
}

static void count_field(void *field, size_t len, void *count)
{
    (void)field;
    (void)len;
    ++*(uint64_t *)count;
}

static void count_row(int end, void *count)
{
    (void)end;
    (void)count;
}

static void measure_csv(const char *path, struct result *r)
{
    struct csv_parser parser;
    size_t len;
    const char *bytes = map(path, &len);
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0 ||
        csv_parse(&parser, bytes, len, count_field, count_row, &r->found) != len ||
        csv_fini(&parser, count_field, count_row, &r->found) != 0)
        fail(path);
    csv_free(&parser);
    r->bytes += len;
}

static void measure_write(const char *path, struct result *r)
{
    char copy[4096];
    size_t len;
    const char *bytes = map(path, &len);
    int n = snprintf(copy, sizeof copy, "%s.copy", path);
    int fd = n > 0 && (size_t)n < sizeof copy ? open(copy, O_WRONLY | O_CREAT | O_EXCL, 0600) : -1;
    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || fsync(fd) != 0 || close(fd) != 0 ||
        unlink(copy) != 0)
        fail(copy);
    r->bytes += len;
    r->found++;
}

static const struct {
    const char *name;
    void (*measure)(const char *path, struct result *r);
} limits[] = {
    {"memchr", measure_memchr}, {"inflate", measure_inflate}, {"gunzip", measure_gunzip},
    {"cjson", measure_cjson},   {"csv", measure_csv},         {"write", measure_write},
};

int main(int argc, char **argv)
{
    struct result r = {0, 0};
    size_t k = 0;
    while (argc > 2 && k < sizeof limits / sizeof *limits && strcmp(limits[k].name, argv[1]) != 0)
        k++;
    if (argc < 3 || k == sizeof limits / sizeof *limits)
        fail("usage: limits memchr|inflate|gunzip|cjson|csv|write FILE...");
    double start = now();
    for (int i = 2; i < argc; i++)
        limits[k].measure(argv[i], &r);
    (void)printf("%.6f %llu %llu\n", now() - start, (unsigned long long)r.bytes,
                 (unsigned long long)r.found);
    return 0;
}
