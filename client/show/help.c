#include "client/show/help.h"

const char help_usage[] = "usage: lsmap [options] PID|NAME...   files mapped by these processes\n"
                          "       lsmap -a | -f FILE            by every process; who has a file\n"
                          "       lsmap --help                  all options\n";

const char help_options[] =
    "lsmap [options] PID|NAME...   files mapped by processes: lsmap 1234 \"chrome*\"\n"
    "lsmap -a, --all               by every process; --own: by your own processes\n"
    "lsmap -f, --file FILE|FOLDER  who has it, mapped or open; --wait: until nobody\n"
    "lsmap --at ADDRESS PID        which file is at an address\n"
    "lsmap ps | stale | sections | watch | info | whoami | stats | diff OLD NEW\n"
    "\n"
    "  -k, --kind KIND[,KIND]  image, data, pagefile, all (default: image,data)\n"
    "      --not-under DIR     only outside this folder; may be repeated\n"
    "      --outside-system    only outside Windows and Program Files\n"
    "      --regions           each run of pages      --pages      bytes in memory\n"
    "      --by-file           one line for each file --bytes      exact sizes\n"
    "      --sort WORD         size, path, address    --top N      the first N only\n"
    "      --wide              never cut a path       --no-header  no titles\n"
    "      --json              a JSON object a line   --csv        one table\n"
    "      --prometheus        sums for monitoring    --host       machine and scan\n"
    "      --ascii             JSON with \\u escapes   --bom        byte order mark\n"
    "  -o, --out FILE          write to a file, completely or not at all\n"
    "  -q, --quiet             no totals, failures    --debug      what it cost\n"
    "      --timeout S         default: 30            --direct     without service\n"
    "      --interval S        of watch; default: 2   --initial    show all first\n"
    "      --pipe NAME         another server         -h, --help   this page\n"
    "  -V, --version           the version            --pids       bare pids\n"
    "lsmap help examples|filters|stale|output|formats|access|scripts|exit-codes\n";

static const char topics[] = "lsmap lists the files that processes have mapped into memory.\n"
                             "\n"
                             "  lsmap notepad         what one process has mapped\n"
                             "  lsmap -f ntdll.dll    who has a file mapped\n"
                             "  lsmap --help          all options on one screen\n"
                             "\n"
                             "lsmap help TOPIC shows more:\n"
                             "\n"
                             "  topics      this page\n"
                             "  examples    common questions, and the command for each\n"
                             "  filters     which processes, which files, which kinds\n"
                             "  stale       who still runs a file that was replaced\n"
                             "  output      what the columns of the table mean\n"
                             "  formats     --json, --csv, --prometheus, --host, --out\n"
                             "  access      why a process is listed in part or not at all\n"
                             "  scripts     what scripts and fleets can rely on\n"
                             "  exit-codes  how lsmap ends\n";

static const char examples[] =
    "What has this process mapped?          lsmap notepad\n"
    "Who has this file?                     lsmap -f foo.dll\n"
    "Who has anything of this folder?       lsmap -f C:\\Temp\n"
    "When is it free?                       lsmap -f foo.dll --wait\n"
    "Which file is at this address?         lsmap --at 7ffb`3c0a1234 1234\n"
    "Which processes are there?             lsmap ps\n"
    "Which data files are mapped?           lsmap -a -k data\n"
    "Which processes share this memory?     lsmap sections \"Global\\*\"\n"
    "What have my own processes mapped?     lsmap --own\n"
    "What is not part of the system?        lsmap -a --outside-system\n"
    "What is loaded from elsewhere?         lsmap app --not-under \"D:\\App\"\n"
    "What are the biggest mappings?         lsmap -a --top 20\n"
    "Which files are shared most?           lsmap -a --by-file --sort processes\n"
    "What does a process keep in memory?    lsmap --pages --sort size 1234\n"
    "Is anything writable and executable?   lsmap --regions 1234\n"
    "What has changed since?                lsmap -a --json -o old.jsonl\n"
    "                                       lsmap -a --json -o new.jsonl\n"
    "                                       lsmap diff old.jsonl new.jsonl\n"
    "Who still runs what was replaced?      lsmap stale\n"
    "Who am I to the service?               lsmap whoami\n";

static const char stale[] =
    "lsmap stale lists processes that have a file mapped that was replaced, or is\n"
    "to be replaced at the next restart of Windows, and why:\n"
    "\n"
    "  moved_aside  its name is one that updates give: C:\\Config.Msi\\*.rbf,\n"
    "               ...\\WinSxS\\Temp\\PendingDeletes, $$DeleteMe.*, $Extend\\$Deleted\n"
    "  pending      Windows is to rename or delete it (PendingFileRenameOperations)\n"
    "  missing      nothing is at its path\n"
    "  replaced     the file there changed after the process started, and Windows\n"
    "               does not list the process as one that uses it\n"
    "\n"
    "Windows names a mapped file by one of its hard links, and by its old name when\n"
    "a folder above it was renamed: both may look like missing. A file restored with\n"
    "all its old times is not found. lsmap opens paths with your rights, on local\n"
    "drives only, and asks who uses a file for the first 64 that changed; it says\n"
    "how many files it did not check.\n"
    "\n"
    "--csv: pid,process,start,services,path,reason\n"
    "Exit: 0 some, 7 none, 1 a process was not read; files not checked do not count.\n";

static const char filters[] =
    "Which processes: PIDs and NAMEs, as many as you like, or -a for every process.\n"
    "  A name is a pattern: * is any text, ? one character, case does not matter; it\n"
    "  also means NAME.exe. C:\\Demo\\demo.exe: who runs it. A pid may be 0x284.\n"
    "  After -- a word is always a name.\n"
    "  --own keeps those that run as you; alone it means all of them.\n"
    "\n"
    "Which mappings; all that are given must hold:\n"
    "  -f, --file FILE     the file, however it is spelled: relative, short, a link;\n"
    "                      of a folder all that is below it. With * or ? the path;\n"
    "                      without \\ its last part: -f \"*.nls\". May be repeated\n"
    "  -k, --kind KIND     image (EXE, DLL), data (mapped files), pagefile (shared\n"
    "                      memory without a file), all; default: image,data\n"
    "  --at ADDRESS        the one that holds this address; in hexadecimal\n"
    "  --not-under DIR     outside this folder; may be repeated\n"
    "  --outside-system    outside Windows and Program Files\n"
    "\n"
    "The server filters by process, path, kind and address, so that little is sent.\n"
    "\n"
    "In which order, and how much of it:\n"
    "  --sort WORD         size (largest first), path, address; files: processes\n"
    "  --top N             the first N; by size, unless --sort says otherwise\n"
    "  --by-file           one line for each file, with its number of processes;\n"
    "                      SIZE: what the process with most of it has mapped\n";

static const char output[] =
    "For each process a line: name, pid, session, architecture, protection, access.\n"
    "Below it one line for each mapping:\n"
    "\n"
    "  ADDRESS   where it begins; - when you may not know\n"
    "  SIZE      of the address range: B, K, M, G; in bytes with --bytes\n"
    "  KIND      image, data, pagefile, physical, driver; - when not known\n"
    "  PROT      r read, w write, x execute, c a write makes a private copy\n"
    "  RES SHR PRIV LOCK  with --pages: bytes in memory; of these shared, private,\n"
    "            locked ones\n"
    "  PATH      C:\\..., \\\\server\\share\\..., \\\\?\\Volume{...}\\..., or the kernel's\n"
    "            name where no drive leads there\n"
    "\n"
    "lsmap sections: NAME as a program of session SESS writes it; PROCS processes\n"
    "hold a handle, and are below it; who mapped it and closed the handle is not.\n"
    "\n"
    "On a console paths are cut in their middle (--wide: never); in a file or a pipe\n"
    "nothing is. Results go to stdout, all else to stderr; failures come last.\n"
    "Control and invisible characters are shown as U+FFFD, in --json as they are.\n"
    "A process name that imitates a line of lsmap is in quotes.\n"
    "--no-header leaves out titles and totals, --quiet totals and failed processes.\n";

static const char formats[] =
    "--json         the rows as the server sent them, one JSON object a line, the\n"
    "               end row last: without it the list is not complete\n"
    "--csv          RFC 4180: one table, one header (not with --no-header), CR LF at\n"
    "               line ends, an empty field for what is not known. Columns:\n"
    "    maps       pid,process,base,size,kind,protect,path,device_path,path_lossy,\n"
    "               name_status,committed\n"
    "    --pages    resident,shared,private,locked,counted come before name_status\n"
    "    --regions  type,pid,process,view,base,size,kind,state,protect,path,...\n"
    "    ps         pid,start,parent,name,image,session,arch,protection,access,\n"
    "               note,owner,services\n"
    "    --by-file  path,device_path,kind,processes,views,size\n"
    "    sections   name,object,session,size,attributes,backing,processes,...\n"
    "               Texts stay as they are: a spreadsheet may take one that begins\n"
    "               with = + - @ for a formula; import such columns as text.\n"
    "--ascii        with --json: all but ASCII as \\u escapes, for any code page\n"
    "--bom          with --csv or --out: a byte order mark first, as Excel wants it\n"
    "--prometheus   for monitoring, the text format of Prometheus: sums by process\n"
    "               name, or the numbers of the server (stats)\n"
    "--host         in each row also schema, host, boot_time, scan_id, time,\n"
    "               agent_version and, for a part of a process, process_start: pids\n"
    "               are reused, pid and start together are not\n"
    "-o, --out FILE the file gets its name when all is written; until then, and when\n"
    "               lsmap fails, an older one stays as it was\n";

static const char access[] =
    "lsmap asks a service, so you need not be elevated. What you may see depends on\n"
    "who you are (lsmap whoami): administrators see every process, even from a\n"
    "prompt that is not elevated; members of \"lsmap Readers\" too, without addresses;\n"
    "others their own processes.\n"
    "\n"
    "The line of a process says how it could be read:\n"
    "  full     completely\n"
    "  limited  it is protected (PPL) and grants less even to the system. Mappings\n"
    "           and their names are listed; what could not be read is an error at\n"
    "           the end\n"
    "  none     not at all; an error at the end says why\n"
    "\n"
    "Exit code 1 and \"complete\":false mean that a process was not read completely.\n"
    "A process that ended during the scan is not an error.\n"
    "\n"
    "--direct works without the service and has only your own rights.\n";

static const char scripts[] =
    "* Use --json or --csv: their names never change, new ones are added at the end.\n"
    "  The table is for people and may change.\n"
    "* A list is complete when lsmap ends with 0.\n"
    "* lsmap never asks, and never waits without end except with --wait and watch:\n"
    "  --timeout S bounds all of it.\n"
    "* stdout has results only, UTF-8 without byte order mark; stderr has the rest.\n"
    "* A reader that stops early (| select -first 1) is not an error.\n"
    "\n"
    "PowerShell:  lsmap -a --json | ConvertFrom-Json | ? type -eq map\n"
    "             lsmap -a --csv  | ConvertFrom-Csv | group path\n"
    "Many hosts:  lsmap -a --json --host -o C:\\spool\\lsmap.jsonl\n"
    "DuckDB:      FROM read_json('C:\\spool\\*.jsonl', union_by_name = true)\n"
    "Prometheus:  lsmap -a --prometheus -o C:\\metrics\\lsmap.prom\n"
    "\n"
    "Completion of options and names in PowerShell: put into $PROFILE\n"
    "  . \"C:\\Program Files\\lsmap\\lsmap-completion.ps1\"\n";

static const char exit_codes[] =
    "  0  complete\n"
    "  1  incomplete: a process could not be read, one of those named does not\n"
    "     exist, or you may see only your own processes; for diff: something changed\n"
    "  2  the command line or the request is wrong\n"
    "  3  denied\n"
    "  4  the service is absent, or is starting or stopping\n"
    "  5  the server is busy, or did not answer within --timeout\n"
    "  6  the result is broken or was not written, or the server is not trusted\n"
    "  7  nothing matched\n"
    "130  interrupted by Ctrl+C\n"
    "\n"
    "They never change.\n";

const char *const help_topics[HELP_TOPICS_COUNT] = {
    "topics",  "examples", "filters", "stale",      "output",
    "formats", "access",   "scripts", "exit-codes",
};

const char *help_topic(struct span name)
{
    static const char *const texts[HELP_TOPICS_COUNT] = {
        topics, examples, filters, stale, output, formats, access, scripts, exit_codes};

    for (size_t i = 0; i < HELP_TOPICS_COUNT; i++)
        if (span_equal_ascii_nocase(name, span_from_string(help_topics[i])))
            return texts[i];
    return NULL;
}
