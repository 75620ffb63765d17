// Reads texts with the package yaml of npm, by YAML 1.2: a JSON list of texts in, a list of trees out.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { parseAllDocuments, isAlias, isMap, isScalar, isSeq } = await import(pathToFileURL(process.argv[2]));

function tree(node, known) {
  if (node === null || node === undefined) return null;
  if (node.anchor) known.add(node.anchor);
  let t;
  if (isAlias(node)) {
    if (!known.has(node.source)) throw new Error(`there is no ${node.source}`);
    return ["alias", node.source];
  }
  if (isScalar(node)) t = node.value === null ? null : typeof node.value === "string" ? node.value : node.source;
  else if (isSeq(node)) t = ["seq", ...node.items.map((n) => tree(n, known))];
  else if (isMap(node)) t = ["map", ...node.items.flatMap((pair) => [tree(pair.key, known), tree(pair.value, known)])];
  return node.anchor ? ["anchor", node.anchor, t] : t;
}

function read(text) {
  const documents = parseAllDocuments(text, { version: "1.2", schema: "core", uniqueKeys: false, merge: false, logLevel: "silent" });
  for (const d of documents) if (d.errors.length) throw d.errors[0];
  return documents[0] ? tree(documents[0].contents, new Set()) : null;
}

const texts = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map((text) => {
  try {
    return { tree: read(text) };
  } catch (e) {
    return { error: e.message };
  }
})));
