/* Calls the library with random inputs: bytes of JSON changed, lengths cut short, NULL, random tables of Arrow.
 *
 *     abuse SEED COUNT PACK RECORDS TABLES RESULT
 *
 * PACK is the folder of the pack `tests/pack`, whose rules cost little. RECORDS is a file of records, a line each; TABLES holds the tables of an allocation, RESULT what logis_match says of
 * them. It is run under a checker of leaks. It ends with 1 where a call does not keep to the header: another status, a
 * text without its status, a stream that is not taken, a fault.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <logis.h>

#include "random_table.h"

struct text { char *bytes; size_t length; };

static struct text read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    struct text text = {NULL, 0};
    size_t size = 0;
    for (int byte; (byte = fgetc(file)) != EOF;) {
        if (text.length + 1 >= size) {
            size = size == 0 ? 1024 : 2 * size;
            text.bytes = realloc(text.bytes, size);
            if (text.bytes == NULL) abort();
        }
        text.bytes[text.length++] = (char)byte;
    }
    fclose(file);
    return text;
}

/* A copy in memory of exactly its length, so that a read beyond it is one beyond an allocation. */
static struct text mutated(const char *bytes, size_t length, size_t most) {
    static const char INTERESTING[] = "{}[]\":,0-9eE.\\u\0 \xff\xc3\xe2\n";
    char *work = room(length + 64 * (most + 1));
    memcpy(work, bytes, length);
    for (size_t changes = below(most + 1); changes > 0; changes--) {
        size_t at = below(length + 1);
        switch (below(6)) {
        case 0: /* one byte is another */
            if (at < length) work[at] = (char)drawn();
            break;
        case 1: /* one byte more */
            memmove(work + at + 1, work + at, length - at);
            work[at] = INTERESTING[below(sizeof INTERESTING - 1)];
            length++;
            break;
        case 2: { /* bytes fewer */
            size_t gone = below(8);
            if (gone > length - at) gone = length - at;
            memmove(work + at, work + at + gone, length - at - gone);
            length -= gone;
            break;
        }
        case 3: { /* bytes twice */
            size_t twice = below(32);
            if (twice > length - at) twice = length - at;
            memmove(work + at + twice, work + at, length - at);
            length += twice;
            break;
        }
        case 4: /* a digit is another */
            for (size_t step = 0; step < length && step < 200; step++) {
                char *byte = work + (at + step) % (length == 0 ? 1 : length);
                if (*byte >= '0' && *byte <= '9') {
                    *byte = (char)('0' + below(10));
                    break;
                }
            }
            break;
        default: /* cut short, seldom */
            if (one_in(4)) length = at;
            break;
        }
    }
    struct text text = {malloc(length == 0 ? 1 : length), length};
    if (text.bytes == NULL) abort();
    memcpy(text.bytes, work, length);
    free(work);
    return text;
}

static struct text changed(const char *text, size_t most) { return mutated(text, strlen(text), most); }

static size_t statuses[5];
static uint64_t begun;

static void wrong(const char *what, const char *problem) {
    fprintf(stderr, "state %llu: %s: %s\n", (unsigned long long)begun, what, problem == NULL ? "" : problem);
    exit(1);
}

/* Looks at the end of a call, and frees its texts. */
static void ended(LogisStatus status, int wanted, char *document, int told, char *problem) {
    if (status < LOGIS_STATUS_OK || status > LOGIS_STATUS_MISUSE) wrong("status", problem);
    statuses[status]++;
    if (wanted && (document != NULL) != (status == LOGIS_STATUS_OK)) wrong("document", problem);
    if (told && (problem == NULL) != (status == LOGIS_STATUS_OK)) wrong("problem", problem);
    if (document != NULL && document[0] != '{' && document[0] != '[') wrong("no JSON", document);
    logis_text_free(document);
    logis_text_free(problem);
}

/* Of lines, one. */
static struct text line_of(struct text lines) {
    size_t at = below(lines.length), begin = at, end = at;
    while (begin > 0 && lines.bytes[begin - 1] != '\n') begin--;
    while (end < lines.length && lines.bytes[end] != '\n') end++;
    return (struct text){lines.bytes + begin, end - begin};
}

static void record(const LogisDecider *decider, struct text records, int explain) {
    struct text line = line_of(records);
    struct text own = mutated(line.bytes, line.length, 4);
    char *document = (char *)"", *problem = (char *)"";
    int told = !one_in(8);
    char **to = told ? &problem : NULL;
    if (!told) problem = NULL;
    LogisStatus status = explain ? logis_explain(decider, own.bytes, own.length, &document, to)
                                 : logis_decide(decider, own.bytes, own.length, &document, to);
    ended(status, 1, document, told, problem);
    free(own.bytes);
}

static void plan(const LogisPack *pack) {
    static const char *const DATES[] = {"2017-06-30", "2024-02-29", "0001-01-01", "9999-12-31"};
    static const char *const RULES[] = {"modeste", "plafond, adultes", "tous", "", "adulte", "convient", "modeste,adulte"};
    struct text date = changed(DATES[below(COUNT(DATES))], (size_t)one_in(3));
    struct text rules = changed(RULES[below(COUNT(RULES))], (size_t)one_in(3));
    LogisDecider *decider = NULL;
    char *problem = NULL;
    LogisStatus status =
        logis_decider_new(pack, date.bytes, date.length, rules.bytes, rules.length, &decider, &problem);
    if ((decider != NULL) != (status == LOGIS_STATUS_OK)) wrong("decider", problem);
    ended(status, 0, NULL, 1, problem);
    logis_decider_free(decider);
    free(date.bytes);
    free(rules.bytes);
}

static void allocate(const LogisPack *pack, struct text tables, struct text result) {
    static const char *const OPTIONS[] = {
        "{\"date\":\"2017-06-30\"}",
        "{\"date\":\"2017-06-30\",\"hard\":[\"all\"]}",
        "{\"date\":\"2017-06-30\",\"select\":[\"compte_dans_le_quart\"],\"max_candidates\":2}",
        "{\"date\":\"2017-06-30\",\"no_quotas\":true}",
    };
    struct text options = changed(OPTIONS[below(COUNT(OPTIONS))], (size_t)one_in(4));
    struct text own = mutated(tables.bytes, tables.length, 2);
    char *document = NULL, *notes = NULL, *problem = NULL;
    char **told = one_in(4) ? NULL : &notes;
    LogisStatus status;
    switch (below(3)) {
    case 0:
        status = logis_candidates(pack, options.bytes, options.length, own.bytes, own.length, &document, told, &problem);
        ended(status, 1, document, 1, problem);
        break;
    case 1:
        status = logis_match(pack, options.bytes, options.length, own.bytes, own.length, &document, told, &problem);
        ended(status, 1, document, 1, problem);
        break;
    default: {
        struct text claimed = mutated(result.bytes, result.length, 2);
        status = logis_verify(pack, options.bytes, options.length, tables.bytes, tables.length, claimed.bytes,
                              claimed.length, &problem);
        ended(status, 0, NULL, 1, problem);
        free(claimed.bytes);
        break;
    }
    }
    logis_text_free(notes);
    free(options.bytes);
    free(own.bytes);
}

static void evaluate(const LogisDecider *decider) {
    static const char *const TABLES[] = {"demandes", "personnes", "demandes", "personnes", "employeurs", "x", ""};
    struct ArrowArrayStream streams[4];
    LogisTable tables[4];
    size_t count = below(COUNT(tables) + 1), first = below(2);
    memset(tables, 0, sizeof tables);
    for (size_t at = 0; at < count; at++) {
        random_table(&streams[at]);
        tables[at].name = TABLES[one_in(5) ? below(COUNT(TABLES)) : first + at];
        tables[at].name_length = strlen(tables[at].name);
        tables[at].rows = &streams[at];
        if (one_in(60) && streams[at].release != NULL) { /* none, which is a misuse */
            streams[at].release(&streams[at]);
            tables[at].rows = NULL;
        }
    }
    struct ArrowArrayStream outcomes;
    char *problem = NULL;
    LogisStatus status = logis_evaluate(decider, tables, count, &outcomes, &problem);
    for (size_t at = 0; at < count; at++) {
        if (streams[at].release != NULL) wrong("a stream is not taken", problem);
    }
    if ((outcomes.release != NULL) != (status == LOGIS_STATUS_OK)) wrong("outcomes", problem);
    if (outcomes.release != NULL) {
        struct ArrowSchema schema;
        if (outcomes.get_schema(&outcomes, &schema) != 0 || schema.n_children < 1) wrong("schema", NULL);
        schema.release(&schema);
        for (;;) {
            struct ArrowArray batch;
            if (outcomes.get_next(&outcomes, &batch) != 0) wrong("batch", NULL);
            if (batch.release == NULL) break;
            batch.release(&batch);
        }
        outcomes.release(&outcomes);
    }
    ended(status, 0, NULL, 1, problem);
}

/* Something is NULL, or empty. */
static void nothing(const LogisPack *pack, const LogisDecider *decider) {
    char *document = NULL, *problem = NULL;
    LogisPack *made = NULL;
    LogisStatus status;
    switch (below(6)) {
    case 0:
        status = logis_decide(one_in(2) ? NULL : decider, NULL, below(3), &document, &problem);
        ended(status, 1, document, 1, problem);
        break;
    case 1:
        status = logis_explain(decider, NULL, 0, NULL, &problem);
        ended(status, 0, NULL, 1, problem);
        break;
    case 2:
        status = logis_pack_about(one_in(4) ? NULL : pack, &document, &problem);
        ended(status, 1, document, 1, problem);
        break;
    case 3: {
        struct text folder = changed("/nulle/part", 3);
        status = logis_pack_load(folder.bytes, folder.length, &made, &problem);
        if ((made != NULL) != (status == LOGIS_STATUS_OK)) wrong("pack", problem);
        logis_pack_free(made);
        ended(status, 0, NULL, 1, problem);
        free(folder.bytes);
        break;
    }
    case 4:
        status = logis_evaluate(decider, NULL, below(2), NULL, &problem);
        ended(status, 0, NULL, 1, problem);
        break;
    default:
        status = logis_match(pack, NULL, below(2), NULL, below(2), &document, NULL, &problem);
        ended(status, 1, document, 1, problem);
        break;
    }
}

static LogisDecider *decider_of(const LogisPack *pack, const char *rules) {
    LogisDecider *decider = NULL;
    char *problem = NULL;
    if (logis_decider_new(pack, "2017-06-30", 10, rules, strlen(rules), &decider, &problem) != LOGIS_STATUS_OK) {
        wrong(rules, problem);
    }
    return decider;
}

int main(int count, char **arguments) {
    if (count != 7) {
        fprintf(stderr, "usage: %s SEED COUNT PACK RECORDS TABLES RESULT\n", arguments[0]);
        return 2;
    }
    state = strtoull(arguments[1], NULL, 10);
    size_t rounds = (size_t)strtoull(arguments[2], NULL, 10);
    struct text records = read_file(arguments[4]), tables = read_file(arguments[5]), result = read_file(arguments[6]);
    LogisPack *pack = NULL;
    char *problem = NULL;
    if (logis_pack_load(arguments[3], strlen(arguments[3]), &pack, &problem) != LOGIS_STATUS_OK) {
        wrong(arguments[3], problem);
    }
    LogisDecider *all = decider_of(pack, ""), *modest = decider_of(pack, "modeste");
    LogisDecider *adults = decider_of(pack, "adultes");
    for (size_t round = 0; round < rounds; round++) {
        begun = state;
        size_t kind = below(100);
        if (kind < 40) record(one_in(2) ? all : modest, records, 0);
        else if (kind < 50) record(modest, records, 1);
        else if (kind < 58) plan(pack);
        else if (kind < 65) allocate(pack, tables, result);
        else if (kind < 92) evaluate(one_in(2) ? adults : modest);
        else nothing(pack, modest);
    }
    logis_decider_free(all);
    logis_decider_free(modest);
    logis_decider_free(adults);
    logis_pack_free(pack);
    free(records.bytes);
    free(tables.bytes);
    free(result.bytes);
    printf("%zu calls: %zu ok, %zu no, %zu refused, %zu misuses\n", rounds, statuses[0], statuses[1], statuses[2],
           statuses[3]);
    return 0;
}
