#include "client/show/usage.h"

const char usage_short[] =
    "usage: lsmap [options] PID|NAME...   files mapped by these processes\n"
    "       lsmap -a | -f PATTERN         by every process; who maps a file\n"
    "       lsmap --help                  all options\n";

/* One literal a line of the console. */
const char usage_help[] =
    "lsmap [options] PID|NAME...   files mapped by processes: lsmap 1234 \"chrome*\"\n"
    "lsmap -a, --all               by every process\n"
    "lsmap -f, --file PATTERN      who has it mapped: -f ntdll.dll, -f \"C:\\Temp\\*\"\n"
    "lsmap --at ADDRESS PID        which file is at an address\n"
    "lsmap ps [PID|NAME...] | info | whoami | stats | diff OLD NEW | help [TOPIC]\n"
    "\n"
    "  -k, --kind KIND[,KIND]     image, data, pagefile, all (default: image,data)\n"
    "      --not-under DIR        only outside this folder; may be repeated\n"
    "      --outside-system       only outside Windows and Program Files\n"
    "      --regions, --pages     each run of pages | resident and shared bytes\n"
    "      --sort WORD, --top N   size, path or address | the first N only\n"
    "      --by-file              one line a file, with its number of processes\n"
    "      --bytes, --wide        exact sizes | never cut a path\n"
    "      --json, --csv          for programs; --host adds machine, scan and time\n"
    "      --prometheus           sums for monitoring; also of stats\n"
    "  -o, --out FILE             write to a file, whole or not at all\n"
    "  -q, --quiet, --no-header   no totals, no failures | no titles\n"
    "      --timeout S, --debug   wait so long (default: 30) | tell what it cost\n"
    "      --direct, --pipe NAME  without the service | another server\n"
    "  -h, --help, -V, --version; a process named like a command: lsmap -- ps\n"
    "\n"
    "lsmap notepad      lsmap -a -k data --top 20      lsmap -a --csv -o maps.csv\n"
    "more: lsmap help topics | examples | filters | output | formats | exit-codes\n";
