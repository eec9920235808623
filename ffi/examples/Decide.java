import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Decides or explains records as of a date: one object of JSON a line in, one document a line out. Java 22 or newer.
 *
 * <pre>
 * java --enable-native-access=ALL-UNNAMED Decide.java lib/liblogis.so 2017-06-30 eligible_plus &lt; demandes.ndjson
 * java --enable-native-access=ALL-UNNAMED Decide.java lib/liblogis.so 2017-06-30 eligible_plus explain &lt; …
 * </pre>
 */
public final class Decide {
    /** What the library refuses, with its document of the kind `problem`. */
    static final class Refused extends RuntimeException {
        Refused(int status, String problem) {
            super(status + ": " + problem);
        }
    }

    /** The functions of the library that are called here. */
    static final class Logis {
        private static final ValueLayout.OfInt STATUS = ValueLayout.JAVA_INT;
        private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG;
        private static final java.lang.foreign.AddressLayout POINTER = ValueLayout.ADDRESS;

        private final MethodHandle packNational, packFree, deciderNew, deciderFree, decide, explain, textFree;

        Logis(Path library) {
            SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
            packNational = function(symbols, "logis_pack_national", FunctionDescriptor.of(STATUS, POINTER, POINTER));
            packFree = function(symbols, "logis_pack_free", FunctionDescriptor.ofVoid(POINTER));
            deciderNew = function(symbols, "logis_decider_new",
                    FunctionDescriptor.of(STATUS, POINTER, POINTER, LENGTH, POINTER, LENGTH, POINTER, POINTER));
            deciderFree = function(symbols, "logis_decider_free", FunctionDescriptor.ofVoid(POINTER));
            FunctionDescriptor answer = FunctionDescriptor.of(STATUS, POINTER, POINTER, LENGTH, POINTER, POINTER);
            decide = function(symbols, "logis_decide", answer);
            explain = function(symbols, "logis_explain", answer);
            textFree = function(symbols, "logis_text_free", FunctionDescriptor.ofVoid(POINTER));
        }

        private static MethodHandle function(SymbolLookup symbols, String name, FunctionDescriptor of) {
            return Linker.nativeLinker().downcallHandle(symbols.find(name).orElseThrow(), of);
        }

        /** The text at a place, freed. */
        private String take(MemorySegment place) throws Throwable {
            MemorySegment text = place.get(POINTER, 0);
            if (text.equals(MemorySegment.NULL)) return "";
            String taken = text.reinterpret(Long.MAX_VALUE).getString(0);
            textFree.invokeExact(text);
            return taken;
        }

        /** Rules as of a date; to be freed by {@link #free}. */
        MemorySegment decider(String date, String rules) throws Throwable {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment handle = arena.allocate(POINTER), problem = arena.allocate(POINTER);
                int status = (int) packNational.invokeExact(handle, problem);
                if (status != 0) throw new Refused(status, take(problem));
                MemorySegment pack = handle.get(POINTER, 0);
                byte[] day = date.getBytes(StandardCharsets.UTF_8), names = rules.getBytes(StandardCharsets.UTF_8);
                status = (int) deciderNew.invokeExact(pack, bytes(arena, day), (long) day.length,
                        bytes(arena, names), (long) names.length, handle, problem);
                packFree.invokeExact(pack); // the decider goes on without it
                if (status != 0) throw new Refused(status, take(problem));
                return handle.get(POINTER, 0);
            }
        }

        void free(MemorySegment decider) throws Throwable {
            deciderFree.invokeExact(decider);
        }

        /** The document of a record. */
        String answer(MemorySegment decider, String record, boolean explained) throws Throwable {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment document = arena.allocate(POINTER), problem = arena.allocate(POINTER);
                byte[] text = record.getBytes(StandardCharsets.UTF_8);
                MethodHandle of = explained ? explain : decide;
                int status =
                        (int) of.invokeExact(decider, bytes(arena, text), (long) text.length, document, problem);
                if (status != 0) throw new Refused(status, take(problem));
                return take(document);
            }
        }

        private static MemorySegment bytes(Arena arena, byte[] bytes) {
            return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
        }
    }

    public static void main(String[] arguments) throws Throwable {
        if (arguments.length < 3) {
            System.err.println("usage: Decide.java LIBLOGIS AAAA-MM-JJ RÈGLE,RÈGLE [explain] < demandes.ndjson");
            System.exit(2);
        }
        Logis logis = new Logis(Path.of(arguments[0]).toAbsolutePath());
        boolean explained = arguments.length > 3 && arguments[3].equals("explain");
        MemorySegment decider = logis.decider(arguments[1], arguments[2]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        boolean refused = false;
        try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                try {
                    out.println(logis.answer(decider, line, explained));
                } catch (Refused problem) {
                    System.err.println(problem.getMessage());
                    refused = true;
                }
            }
        } finally {
            logis.free(decider);
        }
        if (refused) System.exit(1);
    }
}
