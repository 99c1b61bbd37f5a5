// Loads the files of duckdb.sh and checks that each row arrives, that no type is guessed wrong and that
// DuckDB has nothing to complain about. All its defaults are kept except one: it learns the members of
// JSON lines from the first 20,480 of them, and the end row of a long run comes later, so sample_size is
// -1, which means all lines.
//
//     node duckdb.mjs live | all ROOT
//
// live: each file comes from a run of its own, so no two of them are equal.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";

const db = await (await DuckDBInstance.create(":memory:")).connect();
const live = process.argv[2] === "live";
let passed = 0;
let failed = 0;

const rows = async (sql) => (await db.runAndReadAll(sql)).getRowObjectsJson();
const value = async (sql) => Object.values((await rows(sql))[0])[0];

async function test(name, run) {
  try {
    await run();
    passed++;
  } catch (error) {
    failed++;
    console.log(`${name}: ${error.message}`);
  }
}

function equal(expected, actual, what) {
  if (String(expected) !== String(actual)) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

const lines = (file) => readFileSync(file, "utf8").split("\n").length - 1;
const types = async (table) =>
  Object.fromEntries((await rows(`DESCRIBE ${table}`)).map((r) => [r.column_name, r.column_type]));

// The number of rows that know a column. A column that no row knows has no type.
const values = async (table, column) => Number(await value(`SELECT count(${column}) FROM ${table}`));

await db.run("SET enable_logging = true");
await db.run("SET logging_level = 'WARNING'");

// Every CSV: detected without help, a row for each line, none rejected.
for (const name of live ? ["maps", "regions", "ps"] : ["maps", "plain", "pages", "regions", "files", "ps"]) {
  await test(`${name}.csv loads`, async () => {
    const sniffed = (await rows(`FROM sniff_csv('${name}.csv')`))[0];
    equal(",", sniffed.Delimiter, "delimiter");
    if (!['"', "(empty)"].includes(sniffed.Quote)) throw new Error(`quote: ${sniffed.Quote}`);
    equal("\\r\\n", sniffed.NewLineDelimiter, "line end");
    equal(0, sniffed.SkipRows, "lines skipped");
    equal(true, sniffed.HasHeader, "header");
    await db.run(`CREATE TABLE ${name} AS FROM read_csv('${name}.csv')`);
    equal(lines(`${name}.csv`) - 1, await value(`SELECT count(*) FROM ${name}`), "rows");
    await db.run(`CREATE OR REPLACE TABLE x AS FROM read_csv('${name}.csv', store_rejects = true)`);
    equal(0, await value("SELECT count(*) FROM reject_errors"), "rejected lines");
    await db.run("DROP TABLE reject_errors; DROP TABLE reject_scans");
    const header = readFileSync(`${name}.csv`, "utf8").split("\r\n")[0];
    equal(header, Object.keys(await types(name)).join(","), "columns");
  });
}

if (!live) await test("a file without header has the same rows", async () => {
  const columns = Object.entries(await types("plain")).map(([name, type]) => `'${name}': '${type}'`);
  const bare = `read_csv('bare.csv', header = false, columns = {${columns}})`;
  equal(lines("bare.csv"), await value(`SELECT count(*) FROM ${bare}`), "rows");
});

// Every file of lines: a row for each line, each member a column of one type; only `services` is a list.
for (const name of live ? ["maps", "ps"] : ["maps", "regions", "ps"]) {
  await test(`${name}.jsonl loads`, async () => {
    await db.run(`CREATE TABLE ${name}_json AS FROM read_json('${name}.jsonl', sample_size = -1)`);
    equal(lines(`${name}.jsonl`), await value(`SELECT count(*) FROM ${name}_json`), "rows");
    for (const [column, type] of Object.entries(await types(`${name}_json`)))
      if ((column === "services" ? type !== "VARCHAR[]" && type !== "JSON" : /STRUCT|\[\]/.test(type)) || (type === "JSON" && (await values(`${name}_json`, column)) > 0))
        throw new Error(`${column} is of type ${type}`);
    equal(1, await value(`SELECT count(*) FROM ${name}_json WHERE type = 'end'`), "end rows");
    equal(
      (await value(`SELECT count(*) FROM ${name}_json`)) - 1,
      await value(`SELECT rows FROM ${name}_json WHERE type = 'end'`),
      "rows counted by the end row",
    );
  });
}

await test("columns have the types that they should", async () => {
  const expected = {
    schema: "VARCHAR", host: "VARCHAR", boot_time: "TIMESTAMP", time: "TIMESTAMP",
    process_start: "TIMESTAMP", pid: "BIGINT", process: "VARCHAR",
    size: "BIGINT", kind: "VARCHAR", protect: "VARCHAR", path: "VARCHAR", path_lossy: "BOOLEAN",
  };
  const found = await types("maps");
  for (const [column, type] of Object.entries(expected))
    if (!found[column].startsWith(type)) throw new Error(`${column} is ${found[column]}, not ${type}`);
});

// The same facts in both formats. Only control characters cannot be carried by CSV.
await test("CSV and JSON agree", async () => {
  const clean = (c) => `regexp_replace(${c}, '[\\x00-\\x1f\\x7f\\x80-\\x9f]', '\uFFFD', 'g')`;
  // In JSON an address is a text; in CSV DuckDB takes it for a number.
  const base = (await types("maps")).base === "VARCHAR" ? "base" : "format('0x{:016x}', base)";
  const columns = `pid, process, ${base}, size, kind, protect, path, device_path`;
  const json = `SELECT pid, ${clean("process")}, base, size, kind, protect, ${clean("path")},
    ${clean("device_path")} FROM maps_json WHERE type = 'map'`;
  const csv = `SELECT ${columns} FROM maps`;
  if (live) return;
  equal(0, await value(`SELECT count(*) FROM (${json} EXCEPT ALL ${csv})`), "only in JSON");
  equal(0, await value(`SELECT count(*) FROM (${csv} EXCEPT ALL ${json})`), "only in CSV");
});

await test("pid and start name a process", async () => {
  const orphans = `SELECT count(*) FROM maps_json m WHERE type = 'map' AND 1 <> (SELECT count(*) FROM
    maps_json p WHERE p.type = 'process' AND p.pid = m.pid AND p.start IS NOT DISTINCT FROM m.process_start)`;
  equal(0, await value(orphans), "mappings without their process");
});

if (!live) await test("files of several machines go together", async () => {
  const both = "read_json(['maps.jsonl', 'maps2.jsonl'], union_by_name = true, sample_size = -1)";
  equal(lines("maps.jsonl") + lines("maps2.jsonl"), await value(`SELECT count(*) FROM ${both}`), "rows");
  equal(0, await value(`SELECT count(*) FROM ${both} WHERE host IS NULL OR scan_id IS NULL`), "rows without an envelope");
});

// The recipe of install/README.md, over the files of a thousand machines; in those of odd numbers no path is
// known, and one list is not complete.
if (!live) await test("the recipe finds files and incomplete lists of a thousand machines", async () => {
  const recipe = readFileSync(`${process.argv[3]}/install/README.md`, "utf8").match(/```sql\n([^]*?)```/)[1];
  const [view, files, incomplete] = recipe.split(";\n");
  const source = readFileSync("small.jsonl", "utf8");
  mkdirSync("maps", { recursive: true });
  for (let i = 0; i < 1000; i++) {
    let text = source.replaceAll('"host":"PC1"', `"host":"M${i}"`);
    if (i % 2) text = text.replaceAll(/"path":"(?:[^"\\]|\\.)*"/g, '"path":null');
    if (i === 500) text = text.replaceAll('"complete":true', '"complete":false');
    writeFileSync(`maps/${i}.jsonl`, text);
  }
  await db.run(view);
  equal(1000, await value("SELECT count(DISTINCT host) FROM lsmap"), "machines");
  equal("VARCHAR", (await types("lsmap")).path, "type of path");
  const found = await rows(files);
  if (found.length === 0) throw new Error("no file was found");
  for (const row of found) equal(500, row.hosts, row.path);
  const all = source.includes('"complete":false');
  equal(all ? 1000 : 1, (await rows(incomplete)).length, "incomplete lists");
});

await test("regions know their file", async () => {
  const lost = `SELECT count(*) FROM regions WHERE type = 'region' AND kind IN ('image', 'data') AND
    path IS NULL AND device_path IS NULL`;
  equal(0, await value(lost), "regions without a file");
  if (live) return;
  equal(
    await value("SELECT count(*) FROM regions_json WHERE type = 'region'"),
    await value("SELECT count(*) FROM regions WHERE type = 'region'"),
    "regions",
  );
});

await test("DuckDB has no warnings", async () => {
  const warnings = await rows("SELECT type, message FROM duckdb_logs WHERE log_level IN ('WARN', 'WARNING', 'ERROR')");
  if (warnings.length > 0) throw new Error(JSON.stringify(warnings.slice(0, 3)));
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
