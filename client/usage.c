#include "usage.h"

const char usage_short[] =
    "usage: lsmap [options] PID|NAME...   files mapped by these processes\n"
    "       lsmap -a | -f PATTERN         by every process; who maps a file\n"
    "       lsmap --help                  all options\n";

/* One literal a line of the console. */
const char usage_help[] =
    "lsmap [options] PID|NAME...    files mapped by processes: lsmap 1234 \"chrome*\"\n"
    "lsmap -a                       by every process\n"
    "lsmap -f PATTERN [PID|NAME...] who has it mapped: -f ntdll.dll, -f \"C:\\Temp\\*\"\n"
    "lsmap --at ADDRESS PID         the file mapped at an address\n"
    "lsmap ps [PID|NAME...]         processes only; also: info | whoami | stats\n"
    "\n"
    "  -k, --kind KIND[,KIND]  image, data, pagefile, all (default: image,data)\n"
    "      --regions           protection and state of each run of pages\n"
    "      --pages             resident, shared, private and locked bytes\n"
    "      --json              the rows as received, one JSON object a line\n"
    "      --wide, --no-header never cut a path; no column titles\n"
    "  -q, --quiet             no totals, no line for each process that failed\n"
    "      --timeout S         seconds to wait without progress (default: 30)\n"
    "      --direct            without the service, with your own rights\n"
    "      --pipe NAME         another server, such as of lsmapd --console\n"
    "      --debug             tell what the scan cost\n"
    "  -h, --help, -V, --version\n"
    "A process named as a command or with a dash: lsmap -- ps\n"
    "\n"
    "exit: 0 complete, 1 some processes failed, 2 usage, 3 denied, 4 no service,\n"
    "      5 busy or timed out, 6 foreign server or broken reply, 7 nothing matched\n";
