import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Fails a build whose first page needs more than `most` bytes of script and style, compressed by gzip. */
export function firstPaint(most: number): Plugin {
  return {
    name: "ers-first-paint",
    apply: "build",
    generateBundle(_, bundle) {
      const wanted = new Set<string>();
      const take = (name: string) => {
        const chunk = bundle[name];
        if (wanted.has(name) || chunk?.type !== "chunk") return;
        wanted.add(name);
        for (const style of chunk.viteMetadata?.importedCss ?? []) wanted.add(style);
        for (const imported of chunk.imports) take(imported);
      };
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk" && chunk.isEntry) take(chunk.fileName);
      }
      let total = 0;
      for (const name of wanted) {
        const file = bundle[name];
        if (file) total += gzipSync(file.type === "chunk" ? file.code : file.source).length;
      }
      const said = `first paint: ${Math.round(total / 1000)} kB compressed, of ${most / 1000}`;
      if (total > most) this.error(said);
      this.info(said);
    },
  };
}
