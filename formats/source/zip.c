/* Zip archives. Their directory is read by minizip, zlib's own reader, whose file functions are
 * replaced by ones over a file descriptor, so that an archive without a name (standard input, kept
 * in an unlinked file) can be read like any other. The bytes of a member go straight from the file
 * to zlib: minizip can have one member open at a time. */
#include "formats/base/slice.h"
#include "formats/source/private.h"

#include <errno.h>
#include <minizip/unzip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FLAG_ENCRYPTED = 1,
    HOST_UNIX = 3,
    MAX_NAME = 65535,
    MAX_EXTRA = 65535,
    ZIP64_FIELD = 1,
    AHEAD_BYTES = 4096,
    PACKED_BYTES = 128 * 1024
};

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

/* Up to `size` bytes of a file, fewer only at its end or with errno in *error. */
static size_t read_at(int fd, void *bytes, size_t size, off_t at, int *error)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, (char *)bytes + done, size - done, at + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            *error = errno;
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
        zip->ahead_len = read_at(zip->fd, zip->ahead, sizeof zip->ahead, zip->at, &zip->error);
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
                                     : read_at(zip->fd, bytes, size, zip->at, &zip->error);
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

/* `error`: errno of a failed read, 0 for none. */
static bool bad_zip(int error, const char *label, struct failure *failure)
{
    if (error)
        return failure_set(failure, FAILURE_INPUT, "%s: cannot be read: %s", label,
                           strerror(error));
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
        bad_zip(zip->error, label, failure);
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

static uint64_t little_endian(const char *bytes, size_t len)
{
    uint64_t number = 0;
    while (len-- > 0)
        number = number << 8 | (unsigned char)bytes[len];
    return number;
}

/* The extra field called `id` (APPNOTE.TXT 4.5.1), absent when there is none or not all of it. */
static struct slice extra_field(struct slice extra, unsigned id)
{
    while (extra.len >= 4) {
        size_t len = (size_t)little_endian(extra.ptr + 2, 2);
        if (len > extra.len - 4)
            break;
        if (little_endian(extra.ptr, 2) == id)
            return slice_of(extra.ptr + 4, len);
        extra = slice_of(extra.ptr + 4 + len, extra.len - 4 - len);
    }
    return SLICE_ABSENT;
}

/* Takes the sizes that do not fit their fields from where they are then (APPNOTE.TXT 4.5.3), which
 * minizip 1.1 passes over. False when they are not there. */
static bool take_long_sizes(unz_file_info64 *info, struct slice extra)
{
    struct slice field = extra_field(extra, ZIP64_FIELD);
    ZPOS64_T *sizes[] = {&info->uncompressed_size, &info->compressed_size};
    for (size_t i = 0; i < 2; i++) {
        if (*sizes[i] != UINT32_MAX)
            continue;
        if (field.len < 8)
            return false;
        *sizes[i] = little_endian(field.ptr, 8);
        field = slice_of(field.ptr + 8, field.len - 8);
    }
    return true;
}

/* What the directory says of the member that minizip stands at. The name has room for MAX_NAME
 * bytes; NULL: not wanted. UNZ_OK, or what is wrong. */
static int member_info(struct zip_archive *zip, unz_file_info64 *info, char *name)
{
    char extra[MAX_EXTRA];
    uLong room = name ? MAX_NAME : 0;
    int result = unzGetCurrentFileInfo64(zip->unzip, info, name, room, NULL, 0, NULL, 0);
    if (result != UNZ_OK ||
        (info->uncompressed_size != UINT32_MAX && info->compressed_size != UINT32_MAX))
        return result;
    result = unzGetCurrentFileInfo64(zip->unzip, info, NULL, 0, extra, sizeof extra, NULL, 0);
    if (result == UNZ_OK && !take_long_sizes(info, slice_of(extra, info->size_file_extra)))
        result = UNZ_BADZIPFILE;
    return result;
}

static bool list_one(struct zip_archive *zip, char *name, uint64_t *claimed,
                     bool (*each)(void *context, const struct zip_member *member),
                     void *context, struct failure *failure)
{
    unz_file_info64 info;
    unz64_file_pos place;
    int result = member_info(zip, &info, name);
    if (result != UNZ_OK || unzGetFilePos64(zip->unzip, &place) != UNZ_OK)
        return bad_zip(zip->error, zip->label, failure);
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
        return bad_zip(zip->error, zip->label, failure);
    if (global.number_entry > ZIP_MAX_MEMBERS)
        return failure_set(failure, FAILURE_INPUT,
                           "%s: has more than 100,000 members; make a zip of the export alone",
                           zip->label);
    if (global.number_entry == 0)
        return really_empty(zip) || bad_zip(zip->error, zip->label, failure);
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
            ok = bad_zip(zip->error, zip->label, failure);
        if (ok)
            result = unzGoToNextFile(zip->unzip);
    }
    free(name);
    if (ok && result != UNZ_END_OF_LIST_OF_FILE)
        return bad_zip(zip->error, zip->label, failure);
    return ok;
}

/* ---- a member ---- */

struct member {
    const char *label;
    int fd;          /* the archive's */
    off_t at;        /* of the packed bytes not read yet */
    uint64_t packed; /* how many these are */
    uint64_t left;   /* bytes still to come, as the directory says */
    uint32_t sum;    /* what the directory says */
    uint32_t summed; /* of the bytes so far */
    bool deflated;
    bool ended; /* zlib has met the end */
    z_stream stream;
    unsigned char input[PACKED_BYTES];
};

/* The next packed bytes. False with a failure, also when there are none. */
static bool refill(struct member *member, struct failure *failure)
{
    size_t size = member->packed < PACKED_BYTES ? (size_t)member->packed : PACKED_BYTES;
    int error = 0;
    size_t got = read_at(member->fd, member->input, size, member->at, &error);
    if (got == 0)
        return bad_zip(error, member->label, failure);
    member->at += (off_t)got;
    member->packed -= got;
    member->stream.next_in = member->input;
    member->stream.avail_in = (uInt)got;
    return true;
}

/* At most `size` bytes, none only at zlib's end. False with a failure. */
static bool unpack(struct member *member, void *bytes, size_t size, size_t *got,
                   struct failure *failure)
{
    z_stream *stream = &member->stream;
    stream->next_out = bytes;
    stream->avail_out = (uInt)size;
    while (!member->ended && stream->avail_out > 0) {
        if (stream->avail_in == 0 && !refill(member, failure))
            return false;
        int result = inflate(stream, Z_NO_FLUSH);
        if (no_memory(result))
            failure_note_no_memory(failure); /* which wins over damage */
        if (result != Z_OK && result != Z_STREAM_END)
            return bad_zip(0, member->label, failure);
        member->ended = result == Z_STREAM_END;
    }
    *got = size - stream->avail_out;
    return true;
}

static bool copy(struct member *member, void *bytes, size_t size, size_t *got,
                 struct failure *failure)
{
    int error = 0;
    size = member->packed < size ? (size_t)member->packed : size;
    *got = read_at(member->fd, bytes, size, member->at, &error);
    member->at += (off_t)*got;
    member->packed -= *got;
    return error == 0 || bad_zip(error, member->label, failure);
}

/* All that was promised is there: nothing more may be. */
static ssize_t member_end(struct member *member, struct failure *failure)
{
    unsigned char more;
    size_t got = 0;
    if (member->deflated && !unpack(member, &more, 1, &got, failure))
        return -1;
    if (got == 0 && member->summed == member->sum)
        return 0;
    if (got == 0)
        failure_set(failure, FAILURE_INPUT,
                    "%s: the check sum of this zip member is wrong; export it again",
                    member->label);
    bad_zip(0, member->label, failure);
    return -1;
}

static ssize_t member_read(struct source *source, void *bytes, size_t size,
                           struct failure *failure)
{
    struct member *member = source->of.member;
    size_t got = 0;
    uint64_t most = member->left < INT32_MAX ? member->left : INT32_MAX;
    if (size > most)
        size = (size_t)most;
    if (size == 0)
        return member_end(member, failure);
    if (!(member->deflated ? unpack : copy)(member, bytes, size, &got, failure))
        return -1;
    if (got == 0) {
        bad_zip(0, member->label, failure);
        return -1;
    }
    member->summed = (uint32_t)crc32(member->summed, bytes, (uInt)got);
    member->left -= got;
    return (ssize_t)got;
}

static void member_close(struct source *source)
{
    struct member *member = source->of.member;
    if (member && member->deflated)
        (void)inflateEnd(&member->stream);
    free(member);
}

/* Finds the packed bytes. False with a failure. */
static bool locate(struct zip_archive *zip, struct zip_place place, struct member *member,
                   struct failure *failure)
{
    unz64_file_pos position = {place.directory, place.number};
    unz_file_info64 info;
    int method = -1;
    int result = unzGoToFilePos64(zip->unzip, &position);
    if (result == UNZ_OK)
        result = member_info(zip, &info, NULL);
    if (result == UNZ_OK)
        result = unzOpenCurrentFile2(zip->unzip, &method, NULL, 1);
    if (no_memory(result))
        return failure_no_memory(failure);
    if (result == UNZ_OK) {
        member->at = (off_t)unzGetCurrentFileZStreamPos64(zip->unzip);
        member->packed = info.compressed_size;
        member->left = info.uncompressed_size;
        member->sum = (uint32_t)info.crc;
        (void)unzCloseCurrentFile(zip->unzip); /* of which nothing was read */
    }
    member->deflated = method == Z_DEFLATED;
    return (result == UNZ_OK && (method == 0 || member->deflated)) ||
           failure_set(failure, FAILURE_INPUT,
                       "%s: this zip member is damaged, or packed in a way that cannot be read; "
                       "make the zip again with the usual method (deflate)",
                       member->label);
}

struct source *source_from_zip(struct zip_archive *zip, struct zip_place place,
                               const char *label, struct failure *failure)
{
    static const struct source_kind kind = {member_read, member_close, NULL};
    struct source *source = source_new(&kind, label, failure);
    struct member *member = source ? calloc(1, sizeof *member) : NULL;
    if (!member) {
        source_free(source);
        failure_no_memory(failure);
        return NULL;
    }
    source->of.member = member;
    member->label = label;
    member->fd = zip->fd;
    bool ok = locate(zip, place, member, failure);
    /* Nothing, packed into nothing: not even an end. */
    member->deflated = member->deflated && (member->packed > 0 || member->left > 0);
    if (ok && member->deflated && inflateInit2(&member->stream, -MAX_WBITS) != Z_OK)
        ok = failure_no_memory(failure);
    if (ok)
        return source;
    source_free(source);
    return NULL;
}
