// Decides or explains records as of a date: one object of JSON a line in, one document a line out.
//
//     npm ci
//     node decide.mjs lib/liblogis.so 2017-06-30 eligible_plus < demandes.ndjson
//     node decide.mjs lib/liblogis.so 2017-06-30 eligible_plus explain < demandes.ndjson
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const [path, date, rules, what] = process.argv.slice(2);
if (rules === undefined) {
    console.error('usage: decide.mjs LIBLOGIS AAAA-MM-JJ RÈGLE,RÈGLE [explain] < demandes.ndjson');
    process.exit(2);
}

const library = koffi.load(path);
const textFree = library.func('void logis_text_free(void *text)');
// A text that the library gave: read, then given back to it.
koffi.pointer('LogisPack', koffi.opaque());
koffi.pointer('LogisDecider', koffi.opaque());
const text = koffi.disposable('LogisText', 'str', textFree);
const packNational = library.func('int logis_pack_national(_Out_ LogisPack *pack, _Out_ LogisText *problem)');
const packFree = library.func('void logis_pack_free(LogisPack pack)');
const deciderNew = library.func(
    'int logis_decider_new(LogisPack pack, const char *date, size_t date_length, const char *rules, ' +
        'size_t rules_length, _Out_ LogisDecider *decider, _Out_ LogisText *problem)');
const deciderFree = library.func('void logis_decider_free(LogisDecider decider)');
const answer = (name) => library.func(
    `int ${name}(LogisDecider decider, const char *record, size_t record_length, _Out_ LogisText *document, ` +
        '_Out_ LogisText *problem)');
const of = answer(what === 'explain' ? 'logis_explain' : 'logis_decide');

// What the library refuses, with its document of the kind `problem`.
class Refused extends Error {}

function check(status, problem) {
    if (status !== 0) throw new Refused(`${status}: ${problem[0]}`);
}

function decider(date, rules) {
    const [pack, decider, problem] = [[null], [null], [null]];
    check(packNational(pack, problem), problem);
    const status = deciderNew(
        pack[0], date, Buffer.byteLength(date), rules, Buffer.byteLength(rules), decider, problem);
    packFree(pack[0]); // the decider goes on without it
    check(status, problem);
    return decider[0];
}

function decided(decider, record) {
    const [document, problem] = [[null], [null]];
    check(of(decider, record, Buffer.byteLength(record), document, problem), problem);
    return document[0];
}

const made = decider(date, rules);
try {
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
        try {
            process.stdout.write(decided(made, line) + '\n');
        } catch (refused) {
            if (!(refused instanceof Refused)) throw refused;
            console.error(refused.message);
            process.exitCode = 1;
        }
    }
} finally {
    deciderFree(made);
}
