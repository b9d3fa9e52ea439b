// Start Azure's blob server as Microsoft wrote it for tests, make a container in it, and
// say where it is; both end when standard input ends.
// Arguments: the server's program, the account's key, the container.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";

const [program, key, container] = process.argv.slice(2);
const account = "devstoreaccount1";
const flags = ["--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck"];
const quiet = ["--disableTelemetry", "--silent"];
const server = spawn(process.execPath, [program, ...flags, ...quiet], {
  stdio: ["ignore", "pipe", "inherit"],
});
process.stdin.resume().on("end", () => server.kill());
server.on("exit", () => process.exit());

let said = "";
server.stdout.on("data", async (words) => {
  said += words;
  const at = said.match(/successfully listens on (http:\S+)\n/)?.[1];
  if (at === undefined) return;
  server.stdout.removeAllListeners("data").resume();
  const path = `/${account}/${container}`;
  const headers = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2021-08-06" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  // Shared Key: the method, eleven headers that are not there, ours, and the resource.
  const signed = ["PUT" + "\n".repeat(11), ...lines, `/${account}${path}`, "restype:container"];
  const hmac = createHmac("sha256", Buffer.from(key, "base64")).update(signed.join("\n"));
  headers.authorization = `SharedKey ${account}:${hmac.digest("base64")}`;
  const answer = await fetch(`${at}${path}?restype=container`, { method: "PUT", headers });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  console.log(`${at}/${account}`);
});
