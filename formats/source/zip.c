/* Zip archives through minizip, zlib's own reader. Its file functions are replaced by ones over a
 * file descriptor, so that an archive without a name (standard input, kept in an unlinked file)
 * can be read like any other. */
#include "formats/source/private.h"

#include <errno.h>
#include <minizip/unzip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAG_ENCRYPTED = 1, HOST_UNIX = 3, MAX_NAME = 65535, AHEAD_BYTES = 4096 };

struct zip_archive {
    unzFile unzip;
    const char *label;
    int fd;
    off_t at;
    int error; /* errno of the last failed read, 0 */
    /* minizip reads headers byte by byte: they are served from here */
    unsigned char ahead[AHEAD_BYTES];
    off_t ahead_at;
    size_t ahead_len;
};

static voidpf ZCALLBACK file_open(voidpf opaque, const void *name, int mode)
{
    (void)name;
    (void)mode;
    ((struct zip_archive *)opaque)->at = 0;
    return opaque;
}

/* Up to `size` bytes of the file, fewer only at its end or with an error noted. */
static size_t read_at(struct zip_archive *zip, void *bytes, size_t size, off_t at)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(zip->fd, (char *)bytes + done, size - done, at + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            zip->error = errno;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static size_t read_ahead(struct zip_archive *zip, void *bytes, size_t size)
{
    off_t skip = zip->at - zip->ahead_at;
    if (skip < 0 || skip + (off_t)size > (off_t)zip->ahead_len) {
        zip->ahead_at = zip->at;
        zip->ahead_len = read_at(zip, zip->ahead, sizeof zip->ahead, zip->at);
        skip = 0;
    }
    size_t have = zip->ahead_len - (size_t)skip;
    size = size < have ? size : have;
    memcpy(bytes, zip->ahead + skip, size);
    return size;
}

static uLong ZCALLBACK file_read(voidpf opaque, voidpf stream, void *bytes, uLong size)
{
    struct zip_archive *zip = opaque;
    (void)stream;
    size_t done = size < AHEAD_BYTES ? read_ahead(zip, bytes, size)
                                     : read_at(zip, bytes, size, zip->at);
    zip->at += (off_t)done;
    return (uLong)done;
}

static ZPOS64_T ZCALLBACK file_tell(voidpf opaque, voidpf stream)
{
    (void)stream;
    return (ZPOS64_T)((struct zip_archive *)opaque)->at;
}

static long ZCALLBACK file_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    struct zip_archive *zip = opaque;
    (void)stream;
    off_t base = 0;
    if (origin == ZLIB_FILEFUNC_SEEK_CUR) {
        base = zip->at;
    } else if (origin == ZLIB_FILEFUNC_SEEK_END) {
        struct stat info;
        if (fstat(zip->fd, &info) != 0)
            return -1;
        base = info.st_size;
    }
    zip->at = base + (off_t)offset;
    return zip->at < 0 ? -1 : 0;
}

static int ZCALLBACK file_close(voidpf opaque, voidpf stream)
{
    (void)opaque;
    (void)stream;
    return 0;
}

static int ZCALLBACK file_error(voidpf opaque, voidpf stream)
{
    (void)stream;
    return ((struct zip_archive *)opaque)->error;
}

static bool bad_zip(const struct zip_archive *zip, const char *label, struct failure *failure)
{
    if (zip->error)
        return failure_set(failure, FAILURE_INPUT, "%s: cannot be read: %s", label,
                           strerror(zip->error));
    return failure_set(failure, FAILURE_INPUT,
                       "%s: the zip is damaged or cut off; make it again", label);
}

/* What zlib and minizip say when memory runs out. */
static bool no_memory(int result)
{
    return result == Z_MEM_ERROR || result == UNZ_INTERNALERROR;
}

/* What a zip without members is; minizip takes it for damaged. */
static bool only_end(const struct zip_archive *zip)
{
    static const unsigned char none[12] = "PK\5\6"; /* no disks, no members */
    unsigned char end[22];
    return !zip->error && pread(zip->fd, end, sizeof end, 0) == (ssize_t)sizeof end &&
           memcmp(end, none, sizeof none) == 0;
}

struct zip_archive *zip_open(int fd, const char *label, struct failure *failure)
{
    struct zip_archive *zip = calloc(1, sizeof *zip);
    if (!zip) {
        (void)close(fd);
        failure_no_memory(failure);
        return NULL;
    }
    zip->fd = fd;
    zip->label = label;
    zlib_filefunc64_def functions = {.zopen64_file = file_open,
                                     .zread_file = file_read,
                                     .ztell64_file = file_tell,
                                     .zseek64_file = file_seek,
                                     .zclose_file = file_close,
                                     .zerror_file = file_error,
                                     .opaque = zip};
    zip->unzip = unzOpen2_64(label, &functions);
    if (!zip->unzip && !only_end(zip)) {
        bad_zip(zip, label, failure);
        zip_free(zip);
        return NULL;
    }
    return zip;
}

void zip_free(struct zip_archive *zip)
{
    if (!zip)
        return;
    if (zip->unzip)
        (void)unzClose(zip->unzip);
    (void)close(zip->fd);
    free(zip);
}

/* Whether another entry of the directory follows the last one that was counted. */
static bool more_entries(const struct zip_archive *zip, const unz_file_info64 *last,
                         ZPOS64_T place)
{
    enum { ENTRY_BYTES = 46 };
    unsigned char mark[4];
    off_t end = (off_t)(place + ENTRY_BYTES + last->size_filename + last->size_file_extra +
                        last->size_file_comment);
    return pread(zip->fd, mark, sizeof mark, end) == (ssize_t)sizeof mark &&
           memcmp(mark, "PK\1\2", 4) == 0;
}

/* The count of members at the end of the archive may be too small: then the rest of the directory
 * would be passed over in silence. */
static bool counted_all(struct zip_archive *zip)
{
    unz_file_info64 info;
    unz64_file_pos place;
    return unzGetCurrentFileInfo64(zip->unzip, &info, NULL, 0, NULL, 0, NULL, 0) == UNZ_OK &&
           unzGetFilePos64(zip->unzip, &place) == UNZ_OK &&
           !more_entries(zip, &info, place.pos_in_zip_directory);
}

/* An archive without members has nothing but its end. */
static bool really_empty(const struct zip_archive *zip)
{
    unsigned char mark[4];
    return pread(zip->fd, mark, sizeof mark, 0) != (ssize_t)sizeof mark ||
           memcmp(mark, "PK\3\4", 4) != 0;
}

/* Members that say they are packed in more bytes than there are stand in each other: a way to make
 * little look like much. `claimed` counts what they say. */
static bool has_room(const struct zip_archive *zip, const unz_file_info64 *info,
                     uint64_t *claimed)
{
    enum { HEADER_BYTES = 30 };
    struct stat file;
    uint64_t packed = info->compressed_size;
    uint64_t more = HEADER_BYTES + info->size_filename + packed;
    *claimed = more < packed || *claimed + more < more ? UINT64_MAX : *claimed + more;
    return fstat(zip->fd, &file) != 0 || *claimed <= (uint64_t)file.st_size;
}

static bool list_one(struct zip_archive *zip, char *name, uint64_t *claimed,
                     bool (*each)(void *context, const struct zip_member *member),
                     void *context, struct failure *failure)
{
    unz_file_info64 info;
    unz64_file_pos place;
    if (unzGetCurrentFileInfo64(zip->unzip, &info, name, MAX_NAME, NULL, 0, NULL, 0) != UNZ_OK ||
        unzGetFilePos64(zip->unzip, &place) != UNZ_OK)
        return bad_zip(zip, zip->label, failure);
    /* Debian's minizip (1.1) does not read the field that holds the size then. */
    if (info.compressed_size >= UINT32_MAX || info.uncompressed_size >= UINT32_MAX)
        return failure_set(failure, FAILURE_INPUT,
                           "%s: has a member of 4 GiB or more, or one packed as if it were "
                           "(zip64); unpack it and give the folder",
                           zip->label);
    if (!has_room(zip, &info, claimed))
        return failure_set(failure, FAILURE_INPUT,
                           "%s: its members overlap, as no honest zip's do; make it again",
                           zip->label);
    name[info.size_filename < MAX_NAME ? info.size_filename : MAX_NAME] = '\0';
    size_t len = strlen(name);
    mode_t mode = info.version >> 8 == HOST_UNIX ? (mode_t)(info.external_fa >> 16) & S_IFMT : 0;
    struct zip_member member = {
        .name = name,
        .place = {place.pos_in_zip_directory, place.num_of_file},
        .size = info.uncompressed_size,
        .folder = len > 0 && name[len - 1] == '/',
        .special = mode && !S_ISREG(mode) && !S_ISDIR(mode),
        .encrypted = (info.flag & FLAG_ENCRYPTED) != 0,
    };
    return each(context, &member);
}

bool zip_list(struct zip_archive *zip,
              bool (*each)(void *context, const struct zip_member *member), void *context,
              struct failure *failure)
{
    unz_global_info64 global;
    if (!zip->unzip)
        return true;
    if (unzGetGlobalInfo64(zip->unzip, &global) != UNZ_OK)
        return bad_zip(zip, zip->label, failure);
    if (global.number_entry > ZIP_MAX_MEMBERS)
        return failure_set(failure, FAILURE_INPUT,
                           "%s: has more than 100,000 members; make a zip of the export alone",
                           zip->label);
    if (global.number_entry == 0)
        return really_empty(zip) || bad_zip(zip, zip->label, failure);
    char *name = malloc(MAX_NAME + 1);
    if (!name)
        return failure_no_memory(failure);
    int result = unzGoToFirstFile(zip->unzip);
    bool ok = true;
    uint64_t claimed = 0;
    while (ok && result == UNZ_OK) {
        ok = list_one(zip, name, &claimed, each, context, failure);
        uint64_t left = --global.number_entry;
        if (ok && left == 0 && !counted_all(zip))
            ok = bad_zip(zip, zip->label, failure);
        if (ok)
            result = unzGoToNextFile(zip->unzip);
    }
    free(name);
    if (ok && result != UNZ_END_OF_LIST_OF_FILE)
        return bad_zip(zip, zip->label, failure);
    return ok;
}

/* minizip says 0 at the end of the data, also when the directory promised more. */
static ssize_t member_end(struct source *source, struct failure *failure)
{
    struct zip_archive *zip = source->of.member.zip;
    bool complete = unzeof(zip->unzip) == 1;
    source->of.member.open = false;
    int result = unzCloseCurrentFile(zip->unzip);
    if (result == UNZ_CRCERROR)
        failure_set(failure, FAILURE_INPUT,
                    "%s: the check sum of this zip member is wrong; export it again",
                    source->label);
    else if (result != UNZ_OK || !complete)
        bad_zip(zip, source->label, failure);
    else
        return 0;
    return -1;
}

static ssize_t member_read(struct source *source, void *bytes, size_t size,
                           struct failure *failure)
{
    struct zip_archive *zip = source->of.member.zip;
    unsigned part = size < INT32_MAX ? (unsigned)size : INT32_MAX;
    int got = unzReadCurrentFile(zip->unzip, bytes, part);
    if (got > 0)
        return got;
    if (got == 0)
        return member_end(source, failure);
    if (no_memory(got))
        failure_note_no_memory(failure);
    bad_zip(zip, source->label, failure);
    return -1;
}

static void member_close(struct source *source)
{
    if (source->of.member.open)
        (void)unzCloseCurrentFile(source->of.member.zip->unzip); /* given up before its end */
}

struct source *source_from_zip(struct zip_archive *zip, struct zip_place place,
                               const char *label, struct failure *failure)
{
    static const struct source_kind kind = {member_read, member_close, NULL};
    unz64_file_pos position = {place.directory, place.number};
    int result = unzGoToFilePos64(zip->unzip, &position);
    if (result == UNZ_OK)
        result = unzOpenCurrentFile(zip->unzip);
    if (no_memory(result)) {
        failure_no_memory(failure);
        return NULL;
    }
    if (result != UNZ_OK) {
        failure_set(failure, FAILURE_INPUT,
                    "%s: this zip member is damaged, or packed in a way that cannot be read; "
                    "make the zip again with the usual method (deflate)",
                    label);
        return NULL;
    }
    struct source *source = source_new(&kind, label, failure);
    if (!source) {
        (void)unzCloseCurrentFile(zip->unzip);
        return NULL;
    }
    source->of.member.zip = zip;
    source->of.member.open = true;
    return source;
}
