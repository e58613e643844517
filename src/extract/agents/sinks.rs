//! What a function of a tool can do, by what it calls.

use crate::extract::code::source::{Call, Source, Span};

/// Endings of paths of calls, and the capability of whoever makes them.
const CALLS: &[(&[&str], &str)] = &[
    (
        &[
            "subprocess.run",
            "subprocess.Popen",
            "subprocess.call",
            "subprocess.check_output",
            "subprocess.check_call",
            "os.system",
            "os.popen",
            "os.execvp",
            "create_subprocess_shell",
            "create_subprocess_exec",
            "exec",
            "eval",
            "execSync",
            "execFile",
            "execFileSync",
            "spawn",
            "spawnSync",
            "execa",
            "execAsync",
            "exec.Command",
            "exec.CommandContext",
            "Command.new",
            "getRuntime().exec",
            "ProcessBuilder",
            "Process.Start",
            "shell_exec",
            "passthru",
            "vm.runInNewContext",
            "pexpect.spawn",
            "paramiko.SSHClient",
        ],
        "exec",
    ),
    (
        &[
            "requests.get",
            "requests.post",
            "requests.put",
            "requests.delete",
            "requests.patch",
            "requests.request",
            "httpx.get",
            "httpx.post",
            "httpx.AsyncClient",
            "httpx.Client",
            "urlopen",
            "aiohttp.ClientSession",
            "fetch",
            "axios",
            "axios.get",
            "axios.post",
            "axios.request",
            "got",
            "http.Get",
            "http.Post",
            "http.NewRequest",
            "http.NewRequestWithContext",
            "reqwest.get",
            "Client.new",
            "HttpClient",
        ],
        "net",
    ),
    (
        &[
            "open",
            "read_text",
            "read_bytes",
            "readFile",
            "readFileSync",
            "os.ReadFile",
            "ioutil.ReadFile",
            "fs.read_to_string",
            "readdir",
            "readdirSync",
            "os.listdir",
            "os.walk",
            "os.scandir",
            "iterdir",
            "File.ReadAllText",
            "createReadStream",
        ],
        "fs-read",
    ),
    (
        &[
            "write_text",
            "write_bytes",
            "writeFile",
            "writeFileSync",
            "os.WriteFile",
            "fs.write",
            "unlink",
            "unlinkSync",
            "os.remove",
            "shutil.rmtree",
            "shutil.move",
            "shutil.copy",
            "rename",
            "os.rename",
            "rmSync",
            "mkdir",
            "File.WriteAllText",
            "createWriteStream",
        ],
        "fs-write",
    ),
    (
        &[
            "cursor.execute",
            "conn.execute",
            "connection.execute",
            "session.execute",
            "db.execute",
            "db.query",
            "pool.query",
            "client.query",
            "executemany",
            "read_sql",
            "db.Query",
            "db.QueryContext",
            "db.Exec",
            "execute_query",
            "find_one",
            "collection.find",
        ],
        "data-read",
    ),
    (
        &["insert_one", "update_one", "delete_one", "insert_many", "db.Exec", "db.ExecContext", "session.commit", "conn.commit", "connection.commit"],
        "data-write",
    ),
    (
        &["smtplib.SMTP", "send_message", "sendmail", "chat_postMessage", "chat.postMessage", "sendMail", "messages.create", "send_email", "sendEmail"],
        "message",
    ),
    (&["get_secret_value", "access_secret_version", "read_secret_version", "keyring.get_password"], "secrets-read"),
    (
        &[
            "create_pull",
            "createPullRequest",
            "pulls.create",
            "createOrUpdateFileContents",
            "repo.create_file",
            "repo.update_file",
            "git.push",
            "createRef",
            "createCommit",
            "updateRef",
            "issues.createComment",
            "pulls.merge",
        ],
        "scm-write",
    ),
    (&["boto3.client", "boto3.resource", "boto3.Session"], "cloud-admin"),
    (&["stripe.Charge.create", "paymentIntents.create", "refunds.create", "transfers.create"], "pay"),
];

/// Capabilities of the code in a span.
pub(super) fn of(source: &Source<'_>, calls: &[Call], span: &Span) -> Vec<&'static str> {
    let mut out: Vec<&'static str> = Vec::new();
    for call in calls.iter().filter(|c| span.contains(&c.first)) {
        for (names, capability) in CALLS {
            // One word is a function of the language, or nothing: `pattern.exec(…)` runs no program.
            let made = names.iter().any(|n| if n.contains('.') { call.ends(n) } else { call.path == *n || (call.ends(n) && n.len() > 7) });
            if made && !out.contains(capability) {
                out.push(capability);
            }
        }
        let writes = call.path == "open"
            && source.split(call.arguments.clone()).get(1).is_some_and(|m| source.literal(m.start).is_some_and(|t| t.contains(['w', 'a', '+'])));
        if writes && !out.contains(&"fs-write") {
            out.push("fs-write");
        }
    }
    out.sort_unstable();
    out
}
