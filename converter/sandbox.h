/* Rights given up before the first byte of an export is read: whatever a broken or hostile export
 * makes of this process, it can read the export, write the result, and little else.
 *
 *   core dumps       off, always: they would hold student data
 *   no_new_privs     no set-user-id program can be gained
 *   Landlock         files: what sandbox_allow names, nothing else; no TCP
 *   seccomp          system calls: those in a list; no network, no exec, no new process
 *
 * What the kernel does not have is left out, and sandbox_put_text says so. One thread at a time,
 * and the process must have one thread only when sandbox_enter is called.
 */
#ifndef CONVERTER_SANDBOX_H
#define CONVERTER_SANDBOX_H

#include "formats/base/buf.h"
#include "formats/base/failure.h"

/* What stays allowed of a file, or of everything below a folder. */
enum sandbox_right {
    SANDBOX_READ,    /* to read files */
    SANDBOX_REPLACE, /* to make, rename and remove folders, and to remove files */
    SANDBOX_WRITE    /* everything but to run programs */
};

/* The newest version of Landlock that is made use of. */
enum { SANDBOX_LANDLOCK = 7 };

struct sandbox {
    bool wanted;
    int landlock;  /* version in use; 0: none */
    int offered;   /* version that the kernel has; 0: none */
    int rules;     /* what sandbox_allow has gathered; -1: none */
    bool seccomp;  /* in force */
};

/* Turns core dumps off for good. To be called before there is student data in memory. */
void sandbox_forbid_core(void);

/* Finds out what the kernel has, and begins a list of what is allowed. With `wanted` false all
 * others of these functions do nothing. No version of Landlock above `newest` is used, for the
 * tests' sake. False: a failure. sandbox_release is due in any case. */
bool sandbox_init(struct sandbox *sandbox, bool wanted, int newest, struct failure *failure);

/* Allows something of a file or folder, which is named or open. One that is not there, or cannot
 * be reached, is passed over: whoever wants it later has more to say about it. False: a failure. */
bool sandbox_allow(struct sandbox *sandbox, const char *path, enum sandbox_right right,
                   struct failure *failure);
bool sandbox_allow_open(struct sandbox *sandbox, int fd, enum sandbox_right right,
                        struct failure *failure);

/* Gives up the rest, for good, for this thread and those that it starts. Files that are open stay
 * as they are. False: a failure; the process should end then. */
bool sandbox_enter(struct sandbox *sandbox, struct failure *failure);

/* Appends a line each for Landlock and seccomp: in force, or why not. */
void sandbox_put_text(struct buf *out, const struct sandbox *sandbox);

void sandbox_release(struct sandbox *sandbox);

#endif
