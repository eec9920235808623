/* Random tables as streams of Arrow: columns of any type, with nulls, in batches, that break off now and then.
 *
 * All memory is counted by the leak checker that the program runs under: what the library takes and does not release is
 * found there. */
#ifndef RANDOM_TABLE_H
#define RANDOM_TABLE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_abi.h"

/* Numbers that a seed draws: the high half of a linear congruence, mixed. */
static uint64_t state;

static uint64_t drawn(void) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t mixed = state ^ (state >> 29);
    return (mixed * UINT64_C(0xbf58476d1ce4e5b9)) >> 16;
}

static size_t below(size_t end) { return end == 0 ? 0 : (size_t)(drawn() % end); }

static int one_in(size_t many) { return below(many) == 0; }

static void *room(size_t size) {
    void *given = calloc(1, size == 0 ? 1 : size);
    if (given == NULL) abort();
    return given;
}

static char *copied(const char *text) {
    char *own = room(strlen(text) + 1);
    strcpy(own, text);
    return own;
}

/* Columns that tables of the pack have, among others that they have not. */
static const char *const NAMES[] = {
    "demande_id", "rfr_n2", "rfr_n1", "personne_id", "date_naissance", "lien", "handicap", "commune", "date_demande",
    "surface_actuelle", "besoin", "decision_dalo", "", "colonne \xc3\xa9trange", "RFR_N2",
};

/* Formats of the interface, with the bytes of a cell; 0 for those whose cells are packed or of any length. */
static const struct { const char *format; size_t width; } TYPES[] = {
    {"u", 0}, {"U", 0}, {"b", 0}, {"n", 0}, {"c", 1}, {"S", 2}, {"i", 4}, {"l", 8}, {"L", 8}, {"f", 4},
    {"g", 8}, {"tdD", 4}, {"tdm", 8}, {"d:12,2", 16}, {"tsu:", 8}, {"z", 0},
};

/* Texts of cells, good and bad. */
static const char *const TEXTS[] = {
    "D1", "D2", "D3", "21231", "75056", "1980-02-01", "2017-02-30", "demandeur", "conjoint", "oui", "faux", "-1",
    "12 345,67", "99999999999999999999999999", "", " ", "\xc3\xa9", "2A004;21231", "=1+1", "0.1", "cousin",
};

#define COUNT(of) (sizeof(of) / sizeof *(of))

struct column { const char *name; size_t type; };

struct table {
    struct column columns[24];
    size_t count;
    size_t batches; /* that are left */
    size_t fails;   /* the batch at which it breaks off; 0: never */
    int said;       /* says why */
};

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t at = 0; at < schema->n_children; at++) {
        struct ArrowSchema *child = schema->children[at];
        if (child->release != NULL) child->release(child);
        free(child);
    }
    free(schema->children);
    free((void *)schema->format);
    free((void *)schema->name);
    schema->release = NULL;
}

static void make_schema(struct ArrowSchema *schema, const char *format, const char *name, int64_t children) {
    memset(schema, 0, sizeof *schema);
    schema->format = copied(format);
    schema->name = copied(name);
    schema->flags = ARROW_FLAG_NULLABLE;
    schema->n_children = children;
    schema->children = room((size_t)children * sizeof *schema->children);
    for (int64_t at = 0; at < children; at++) schema->children[at] = room(sizeof **schema->children);
    schema->release = release_schema;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    struct table *table = stream->private_data;
    make_schema(out, "+s", "", (int64_t)table->count);
    for (size_t at = 0; at < table->count; at++) {
        make_schema(out->children[at], TYPES[table->columns[at].type].format, table->columns[at].name, 0);
    }
    return 0;
}

static void release_array(struct ArrowArray *array) {
    for (int64_t at = 0; at < array->n_children; at++) {
        struct ArrowArray *child = array->children[at];
        if (child->release != NULL) child->release(child);
        free(child);
    }
    for (int64_t at = 0; at < array->n_buffers; at++) free((void *)array->buffers[at]);
    free(array->children);
    free(array->buffers);
    array->release = NULL;
}

static void make_array(struct ArrowArray *array, size_t rows, int64_t buffers, int64_t children) {
    memset(array, 0, sizeof *array);
    array->length = (int64_t)rows;
    array->n_buffers = buffers;
    array->buffers = room((size_t)buffers * sizeof *array->buffers);
    array->n_children = children;
    array->children = room((size_t)children * sizeof *array->children);
    for (int64_t at = 0; at < children; at++) array->children[at] = room(sizeof **array->children);
    array->release = release_array;
}

/* Random bits, of which the first are nulls as they are counted. */
static void make_nulls(struct ArrowArray *array, size_t rows) {
    if (one_in(2)) return;
    uint8_t *valid = room((rows + 7) / 8 + 8);
    for (size_t row = 0; row < rows; row++) {
        if (one_in(4)) array->null_count++;
        else valid[row / 8] |= (uint8_t)(1u << (row % 8));
    }
    array->buffers[0] = valid;
}

static void make_texts(struct ArrowArray *array, size_t rows, int large, int binary) {
    make_array(array, rows, 3, 0);
    make_nulls(array, rows);
    int64_t *ends = room((rows + 1) * sizeof *ends);
    char *bytes = room(rows * 32 + 8);
    for (size_t row = 0; row < rows; row++) {
        const char *text = TEXTS[below(COUNT(TEXTS))];
        size_t length = strlen(text);
        memcpy(bytes + ends[row], text, length);
        /* Now and then no UTF-8: the library must find out. */
        if (!binary && length > 0 && one_in(400)) bytes[ends[row]] = (char)0xff;
        ends[row + 1] = ends[row] + (int64_t)length;
    }
    if (large) {
        array->buffers[1] = ends;
    } else {
        int32_t *narrow = room((rows + 1) * sizeof *narrow);
        for (size_t row = 0; row <= rows; row++) narrow[row] = (int32_t)ends[row];
        free(ends);
        array->buffers[1] = narrow;
    }
    array->buffers[2] = bytes;
}

static void make_column(struct ArrowArray *array, size_t type, size_t rows) {
    const char *format = TYPES[type].format;
    if (strcmp(format, "u") == 0 || strcmp(format, "z") == 0) {
        make_texts(array, rows, 0, format[0] == 'z');
    } else if (strcmp(format, "U") == 0) {
        make_texts(array, rows, 1, 0);
    } else if (strcmp(format, "n") == 0) {
        make_array(array, rows, 0, 0);
        array->null_count = (int64_t)rows;
    } else {
        size_t width = TYPES[type].width;
        size_t size = width == 0 ? (rows + 7) / 8 + 8 : rows * width;
        make_array(array, rows, 2, 0);
        make_nulls(array, rows);
        uint8_t *cells = room(size + 16);
        for (size_t at = 0; at < size; at++) {
            /* Small numbers more often than any. */
            cells[at] = width != 0 && at % width != 0 && !one_in(8) ? 0 : (uint8_t)drawn();
        }
        array->buffers[1] = cells;
    }
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct table *table = stream->private_data;
    memset(out, 0, sizeof *out);
    if (table->fails != 0 && table->batches == table->fails) return 5;
    if (table->batches == 0) return 0;
    table->batches--;
    size_t rows = below(6);
    make_array(out, rows, 1, (int64_t)table->count);
    for (size_t at = 0; at < table->count; at++) make_column(out->children[at], table->columns[at].type, rows);
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
    struct table *table = stream->private_data;
    return table->said ? "the disk is gone" : NULL;
}

static void release_stream(struct ArrowArrayStream *stream) {
    free(stream->private_data);
    stream->release = NULL;
}

/* A random table; now and then none at all. */
static void random_table(struct ArrowArrayStream *stream) {
    memset(stream, 0, sizeof *stream);
    if (one_in(40)) return; /* released before */
    struct table *table = room(sizeof *table);
    size_t all = below(COUNT(table->columns)), begin = one_in(3) ? below(COUNT(NAMES)) : 0;
    for (size_t at = 0; at < all; at++) {
        struct column *column = &table->columns[table->count++];
        column->name = NAMES[one_in(30) ? below(COUNT(NAMES)) : (begin + at) % COUNT(NAMES)];
        column->type = one_in(3) ? below(COUNT(TYPES)) : 0;
    }
    table->batches = below(4);
    table->fails = one_in(12) ? 1 + below(3) : 0;
    table->said = one_in(2);
    stream->get_schema = get_schema;
    stream->get_next = get_next;
    stream->get_last_error = get_last_error;
    stream->release = release_stream;
    stream->private_data = table;
}

#endif
