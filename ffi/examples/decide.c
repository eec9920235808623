/* Decides or explains records as of a date: one object of JSON a line in, one document a line out.
 *
 *     cc -std=c11 -I include decide.c -L lib -llogis -o decide
 *     ./decide 2017-06-30 eligible_plai,eligible_plus < demandes.ndjson
 *     ./decide 2017-06-30 eligible_plus explain < demandes.ndjson
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <logis.h>

/* Tells what is wrong, a document of the kind `problem`, and frees it. */
static int refused(const char *what, LogisStatus status, char *problem) {
    fprintf(stderr, "%s: %d: %s\n", what, (int)status, problem == NULL ? "" : problem);
    logis_text_free(problem);
    return EXIT_FAILURE;
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: %s AAAA-MM-JJ RÈGLE,RÈGLE [explain] < demandes.ndjson\n", arguments[0]);
        return 2;
    }
    if (logis_abi() != LOGIS_ABI) {
        fprintf(stderr, "logis.h is of interface %d, the library of %u\n", LOGIS_ABI, (unsigned)logis_abi());
        return 2;
    }
    const char *date = arguments[1], *rules = arguments[2];
    int explain = count > 3 && strcmp(arguments[3], "explain") == 0;

    LogisPack *pack = NULL;
    char *problem = NULL;
    LogisStatus status = logis_pack_national(&pack, &problem);
    if (status != LOGIS_STATUS_OK) return refused("pack", status, problem);

    LogisDecider *decider = NULL;
    status = logis_decider_new(pack, date, strlen(date), rules, strlen(rules), &decider, &problem);
    logis_pack_free(pack); /* the decider goes on without it */
    if (status != LOGIS_STATUS_OK) return refused(rules, status, problem);

    int end = EXIT_SUCCESS;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) > 0) {
        char *document = NULL;
        status = explain ? logis_explain(decider, line, (size_t)length, &document, &problem)
                         : logis_decide(decider, line, (size_t)length, &document, &problem);
        if (status != LOGIS_STATUS_OK) {
            end = refused("record", status, problem);
            continue;
        }
        puts(document);
        logis_text_free(document);
    }
    free(line);
    logis_decider_free(decider);
    return end;
}
