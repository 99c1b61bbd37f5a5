// Lists the data files that a process has mapped: ListDataFiles PID [PIPE]
//
// Prints address, size and path of each view. Exit: 0 the list is complete, 1 it is not.
using System;
using System.IO;
using System.IO.Pipes;
using System.Runtime.Serialization.Json;
using System.Security.Principal;
using System.Text;
using System.Xml;
using System.Xml.Linq;

static class ListDataFiles
{
    static XElement Parse(string line)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(line);
        return XElement.Load(JsonReaderWriterFactory.CreateJsonReader(utf8, XmlDictionaryReaderQuotas.Max));
    }

    // Prints the views. Returns what is wrong; null: the list is complete.
    static string List(uint pid, Stream pipe)
    {
        string missing = null, line; // why something is not in the list
        byte[] request = Encoding.UTF8.GetBytes("{\"op\":\"maps\",\"pid\":" + pid + ",\"kinds\":[\"data\"]}\n");
        pipe.Write(request, 0, request.Length);
        var lines = new StreamReader(pipe);
        for (long count = 0; (line = lines.ReadLine()) != null; count++)
        {
            XElement row = Parse(line); // null reads as the empty string
            string type = (string)row.Element("type");
            string path = (string)row.Element("path");
            if (type == "map")
                Console.WriteLine("{0}\t{1}\t{2}", (string)row.Element("base"), (long)row.Element("size"),
                    path != "" ? path : (string)row.Element("device_path"));
            else if (type == "process_error")
                missing = (string)row.Element("message");
            else if (type == "error")
                return (string)row.Element("message");
            else if (type == "end")
                return (long)row.Element("rows") == count ? missing : "rows are missing";
        }
        return "the reply was cut off";
    }

    static int Main(string[] args)
    {
        string problem = "usage: ListDataFiles PID [PIPE]";
        uint pid;
        if (args.Length > 0 && uint.TryParse(args[0], out pid))
        {
            string name = args.Length > 1 ? args[1] : @"ProtectedPrefix\Administrators\lsmap";
            using (var pipe = new NamedPipeClientStream(".", name.Replace(@"\\.\pipe\", ""), PipeDirection.InOut,
                PipeOptions.None, TokenImpersonationLevel.Identification))
            {
                pipe.Connect(5000); // milliseconds, while every instance of the pipe has a client
                Console.OutputEncoding = new UTF8Encoding(false);
                problem = List(pid, pipe);
            }
        }
        if (problem != null)
            Console.Error.WriteLine(problem);
        return problem == null ? 0 : 1;
    }
}
