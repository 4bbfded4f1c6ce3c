/* All or nothing: the result is made in a folder beside DIR and takes DIR's place in one step
 * (converter/README.md).
 *
 *   parent/.DIR.clever2sds-XXXXXX    the stage; a flock says that somebody is still at it
 *   parent/DIR                       exchanged with it by one renameat2(RENAME_EXCHANGE)
 *
 * Whoever reads DIR sees the old folder or the new one. Files of somebody else in DIR are carried
 * along: as hard links before the exchange, so that they never miss, or, for folders, by moving
 * them right after it. A run that was killed leaves its stage behind; the next one clears it away
 * and moves back what is somebody else's.
 */
#ifndef CONVERTER_OUTDIR_H
#define CONVERTER_OUTDIR_H

#include "formats/base/buf.h"
#include "formats/base/failure.h"
#include "formats/base/slice.h"

struct outdir;

/* Finds out whether DIR can be replaced, locks it against other runs, and makes the stage, with a
 * folder `review` in it. NULL with FAILURE_OUTPUT; nothing is left then. */
struct outdir *outdir_open(const char *dir, struct failure *failure);

/* Creates a file in the stage, readable by its owner only; `name` like "School.csv" or
 * "review/errors.csv". The descriptor, or -1 with a failure. */
int outdir_create(struct outdir *outdir, const char *name, struct failure *failure);

/* Removes a file of the stage again. */
bool outdir_remove(struct outdir *outdir, const char *name, struct failure *failure);

/* Puts the stage in the place of DIR. `owned` says which names in DIR belong to this program's
 * results, old or new; all others are somebody else's. All files must be closed and durable. */
bool outdir_publish(struct outdir *outdir, bool (*owned)(const void *context, struct slice name),
                    const void *context, struct failure *failure);

/* Puts only the stage's `review` in the place of DIR's; makes DIR when it is not there. */
bool outdir_publish_review(struct outdir *outdir, struct failure *failure);

/* Appends the bytes of DIR's file `name` to `text`, nothing when there is no such file of at most
 * `limit` bytes. False with a failure when there is one that cannot be read. */
bool outdir_old_file(const struct outdir *outdir, const char *name, size_t limit,
                     struct buf *text, struct failure *failure);

/* Removes the stage if it is still there. */
void outdir_free(struct outdir *outdir);

#endif
