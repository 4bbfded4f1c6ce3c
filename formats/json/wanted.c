/* A node knows the names of its members by a table of 64 buckets. */
#include "formats/json/wanted.h"

#include <stdlib.h>

enum { BUCKETS = 64, MAX_BELOW = 192 };

struct node {
    int bucket[BUCKETS];
    int slots[MAX_BELOW]; /* the slots anywhere below, to clear for a repeated key */
    int slot_count;
};

struct json_schema {
    struct node *nodes;
    size_t node_count;
    struct json_member *members;
    size_t member_count;
    size_t slot_count;
    struct arena names;
};

static unsigned bucket_of(const char *name, size_t len)
{
    if (len == 0)
        return 0;
    unsigned first = (unsigned char)name[0];
    unsigned last = (unsigned char)name[len - 1];
    return (unsigned)(first * 7U + last * 3U + (unsigned)len * 11U) % BUCKETS;
}

static int node_new(struct json_schema *schema)
{
    struct node *nodes = realloc(schema->nodes, (schema->node_count + 1) * sizeof *nodes);
    if (!nodes)
        return JSON_NONE;
    schema->nodes = nodes;
    struct node *node = &nodes[schema->node_count];
    *node = (struct node){.slot_count = 0};
    for (size_t i = 0; i < BUCKETS; i++)
        node->bucket[i] = JSON_NONE;
    return (int)schema->node_count++;
}

struct json_schema *json_schema_new(void)
{
    struct json_schema *schema = calloc(1, sizeof *schema);
    if (schema && node_new(schema) == JSON_NONE) {
        json_schema_free(schema);
        return NULL;
    }
    return schema;
}

void json_schema_free(struct json_schema *schema)
{
    if (!schema)
        return;
    arena_release(&schema->names);
    free(schema->members);
    free(schema->nodes);
    free(schema);
}

size_t json_schema_slots(const struct json_schema *schema)
{
    return schema->slot_count;
}

static int find_member(const struct json_schema *schema, int node, const char *name, size_t len)
{
    int m = schema->nodes[node].bucket[bucket_of(name, len)];
    while (m != JSON_NONE) {
        const struct json_member *member = &schema->members[m];
        if (member->len == len && memcmp(member->name, name, len) == 0)
            return m;
        m = member->next;
    }
    return JSON_NONE;
}

static int add_member(struct json_schema *schema, int node, const char *name, size_t len)
{
    struct json_member *members =
        realloc(schema->members, (schema->member_count + 1) * sizeof *members);
    if (!members)
        return JSON_NONE;
    schema->members = members;
    struct slice copy = arena_copy(&schema->names, slice_of(name, len));
    if (!copy.ptr)
        return JSON_NONE;
    int *bucket = &schema->nodes[node].bucket[bucket_of(name, len)];
    members[schema->member_count] = (struct json_member){
        .name = copy.ptr, .len = len, .slot = JSON_NONE, .child = JSON_NONE, .next = *bucket};
    *bucket = (int)schema->member_count;
    return (int)schema->member_count++;
}

/* The member `name` of `node`, made when missing. */
static int want_member(struct json_schema *schema, int node, const char *name, size_t len)
{
    int m = find_member(schema, node, name, len);
    return m == JSON_NONE ? add_member(schema, node, name, len) : m;
}

static int want_child(struct json_schema *schema, int m)
{
    if (schema->members[m].child == JSON_NONE)
        schema->members[m].child = node_new(schema);
    return schema->members[m].child;
}

int json_schema_want(struct json_schema *schema, const char *path)
{
    int above[8]; /* the nodes below which the new slot will stand */
    int depth = 0;
    int node = JSON_ROOT;
    for (;;) {
        size_t len = strcspn(path, ".");
        int m = want_member(schema, node, path, len);
        if (m == JSON_NONE)
            return JSON_NONE;
        if (path[len] == '\0') {
            if (schema->members[m].slot != JSON_NONE)
                return schema->members[m].slot;
            schema->members[m].slot = (int)schema->slot_count;
            break;
        }
        node = want_child(schema, m);
        if (node == JSON_NONE || depth == 8)
            return JSON_NONE;
        above[depth++] = node;
        path += len + 1;
    }
    for (int i = 0; i < depth; i++) {
        struct node *n = &schema->nodes[above[i]];
        if (n->slot_count == MAX_BELOW)
            return JSON_NONE;
        n->slots[n->slot_count++] = (int)schema->slot_count;
    }
    return (int)schema->slot_count++;
}

const struct json_member *wanted_member(const struct json_schema *schema, int node,
                                        const char *name, size_t len)
{
    int m = find_member(schema, node, name, len);
    return m == JSON_NONE ? NULL : &schema->members[m];
}

void wanted_clear(const struct json_schema *schema, int node, struct json_value *values)
{
    const struct node *below = &schema->nodes[node];
    for (int i = 0; i < below->slot_count; i++)
        values[below->slots[i]].type = JSON_ABSENT;
}
