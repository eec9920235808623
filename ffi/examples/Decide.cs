using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

/// <summary>
/// Decides or explains records as of a date: one object of JSON a line in, one document a line out. For .NET and Mono,
/// which find the library by its name (`LD_LIBRARY_PATH` on Linux, beside the program or in `PATH` on Windows).
/// </summary>
/// <example>
/// mcs Decide.cs
/// LD_LIBRARY_PATH=lib mono Decide.exe 2017-06-30 eligible_plus &lt; demandes.ndjson
/// LD_LIBRARY_PATH=lib mono Decide.exe 2017-06-30 eligible_plus explain &lt; demandes.ndjson
/// </example>
public static class Decide
{
    /// <summary>What the library refuses, with its document of the kind `problem`.</summary>
    sealed class Refused : Exception
    {
        public Refused(int status, string problem) : base(status + ": " + problem) { }
    }

    /// <summary>Rules as of a date; the runtime frees them once, even if the program forgets to.</summary>
    sealed class Decider : SafeHandle
    {
        public Decider() : base(IntPtr.Zero, true) { }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }

        protected override bool ReleaseHandle()
        {
            Logis.logis_decider_free(handle);
            return true;
        }
    }

    /// <summary>
    /// The functions of the library that are called here. Texts are bytes of UTF-8 with their length: the marshaller of
    /// strings would need `UnmanagedType.LPUTF8Str`, and cannot give back what the library allocated.
    /// </summary>
    static class Logis
    {
        const string Library = "logis";
        const CallingConvention C = CallingConvention.Cdecl;

        [DllImport(Library, CallingConvention = C)]
        static extern int logis_pack_national(out IntPtr pack, out IntPtr problem);

        [DllImport(Library, CallingConvention = C)]
        static extern void logis_pack_free(IntPtr pack);

        [DllImport(Library, CallingConvention = C)]
        static extern int logis_decider_new(IntPtr pack, byte[] date, UIntPtr dateLength, byte[] rules,
            UIntPtr rulesLength, out Decider decider, out IntPtr problem);

        [DllImport(Library, CallingConvention = C)]
        internal static extern void logis_decider_free(IntPtr decider);

        [DllImport(Library, CallingConvention = C)]
        static extern int logis_decide(Decider decider, byte[] record, UIntPtr recordLength, out IntPtr document,
            out IntPtr problem);

        [DllImport(Library, CallingConvention = C)]
        static extern int logis_explain(Decider decider, byte[] record, UIntPtr recordLength, out IntPtr document,
            out IntPtr problem);

        [DllImport(Library, CallingConvention = C)]
        static extern void logis_text_free(IntPtr text);

        static UIntPtr Length(byte[] text)
        {
            return (UIntPtr)(ulong)text.LongLength;
        }

        /// <summary>A text that the library gave, read up to its NUL and given back.</summary>
        static string Take(IntPtr text)
        {
            if (text == IntPtr.Zero) return "";
            try
            {
                int length = 0;
                while (Marshal.ReadByte(text, length) != 0) length++;
                byte[] bytes = new byte[length];
                Marshal.Copy(text, bytes, 0, length);
                return Encoding.UTF8.GetString(bytes);
            }
            finally
            {
                logis_text_free(text);
            }
        }

        internal static Decider New(string date, string rules)
        {
            IntPtr pack, problem;
            int status = logis_pack_national(out pack, out problem);
            if (status != 0) throw new Refused(status, Take(problem));
            byte[] day = Encoding.UTF8.GetBytes(date), names = Encoding.UTF8.GetBytes(rules);
            Decider decider;
            status = logis_decider_new(pack, day, Length(day), names, Length(names), out decider, out problem);
            logis_pack_free(pack); // the decider goes on without it
            if (status != 0) throw new Refused(status, Take(problem));
            return decider;
        }

        /// <summary>The document of a record.</summary>
        internal static string Answer(Decider decider, string record, bool explained)
        {
            byte[] text = Encoding.UTF8.GetBytes(record);
            IntPtr document, problem;
            int status = explained
                ? logis_explain(decider, text, Length(text), out document, out problem)
                : logis_decide(decider, text, Length(text), out document, out problem);
            if (status != 0) throw new Refused(status, Take(problem));
            return Take(document);
        }
    }

    public static int Main(string[] arguments)
    {
        // No byte order mark, and lines that end in one byte on every system.
        Encoding utf8 = new UTF8Encoding(false);
        using (var input = new StreamReader(Console.OpenStandardInput(), utf8))
        using (var output = new StreamWriter(Console.OpenStandardOutput(), utf8) { NewLine = "\n" })
        using (var errors = new StreamWriter(Console.OpenStandardError(), utf8) { NewLine = "\n" })
        {
            if (arguments.Length < 2)
            {
                errors.WriteLine("usage: Decide.exe AAAA-MM-JJ RÈGLE,RÈGLE [explain] < demandes.ndjson");
                return 2;
            }
            bool explained = arguments.Length > 2 && arguments[2] == "explain", refused = false;
            try
            {
                using (Decider decider = Logis.New(arguments[0], arguments[1]))
                {
                    for (string line; (line = input.ReadLine()) != null;)
                    {
                        try
                        {
                            output.WriteLine(Logis.Answer(decider, line, explained));
                        }
                        catch (Refused problem)
                        {
                            errors.WriteLine(problem.Message);
                            refused = true;
                        }
                    }
                }
            }
            catch (Refused problem)
            {
                errors.WriteLine(problem.Message);
                refused = true;
            }
            return refused ? 1 : 0;
        }
    }
}
