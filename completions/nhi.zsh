#compdef nhi

autoload -U is-at-least

_nhi() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_nhi_commands" \
"*::: :->nhi" \
&& ret=0
    case $state in
    (nhi)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-command-$line[1]:"
        case $line[1] in
            (scan)
_arguments "${_arguments_options[@]}" : \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'(--staged --no-history --range)--since=[Look only at what the commits since this one add, up to HEAD]:REV:_default' \
'(--staged --no-history)--range=[Look only at what these commits add\: those that B has and A has not]:A..B:_default' \
'(--staged --no-history --since --range)*--branch=[Of the history, only what this branch (or tag, or commit) reaches]:REV:_default' \
'(--staged --no-history)--max-depth=[Of the history, only so many generations of commits]:N:_default' \
'--format=[How to write the report \[default\: table; with --staged\: brief\]]:FORMAT:((table\:"for people, at a terminal"
brief\:"findings and what to do now; nothing when there are none (the default of --staged)"
json\:"the whole graph, nhi.lineage/1"
sarif\:"SARIF 2.1.0, for code scanning"
markdown\:"for a comment on a change"
html\:"one self-contained page, for people"
csv\:"one row an identity, for a spreadsheet"
junit\:"JUnit XML, for test reports"
gitlab\:"GitLab secret-detection report"
github\:"GitHub workflow annotations"
dot\:"Graphviz"
mermaid\:"the paths of greatest reach, as a flowchart"
graphml\:"GraphML, for graph tools"
cypher\:"statements for a graph database"
cyclonedx\:"CycloneDX 1.6"
ocsf\:"OCSF 1.8 events, one a line"
opengraph\:"BloodHound OpenGraph"))' \
'--output=[Write the report to this file (in one step) instead of standard output]:FILE:_files' \
'--fail-on=[The least severity that makes the exit code 1 (default\: high)]:SEVERITY:(never low medium high critical)' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'(--no-history)--staged[Look only at what the git index adds against HEAD]' \
'(--staged --no-history --since --range --branch --max-depth)--unreachable[Of the history, also what no reference reaches any more\: stash, reflogs, dangling commits and files]' \
'(--staged --no-history --since --range --branch --max-depth --unreachable)--pre-receive[Look only at what a push brings\: as a pre-receive hook, with lines of old id, new id and reference on standard input]' \
'--strict[Exit with 3 when anything at all could not be read]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(lineage)
_arguments "${_arguments_options[@]}" : \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help]' \
'--help[Print help]' \
':pattern -- Id of a node, or part of an id or name (`*` matches anything):_default' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(reach)
_arguments "${_arguments_options[@]}" : \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help]' \
'--help[Print help]' \
':pattern -- Id of an identity, credential or agent, or part of an id or name (`*` matches anything):_default' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(who-can)
_arguments "${_arguments_options[@]}" : \
'--level=[The least level of access that counts]:LEVEL:(none list read-meta tag unknown read-data write secret-read admin)' \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help]' \
'--help[Print help]' \
':pattern -- Id of a resource, place or identity, or part of an id or name (`*` matches anything):_default' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(path)
_arguments "${_arguments_options[@]}" : \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help]' \
'--help[Print help]' \
':from -- Where the path starts\: an id, or part of an id or name:_default' \
':to -- Where it ends\: an id, or part of an id or name:_default' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(incident)
_arguments "${_arguments_options[@]}" : \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help]' \
'--help[Print help]' \
':credential -- Public key id, fingerprint, node id, or FILE\:LINE; `-` reads the leaked value from standard input:_default' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(agents)
_arguments "${_arguments_options[@]}" : \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help]' \
'--help[Print help]' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(owners)
_arguments "${_arguments_options[@]}" : \
'--departed=[A table of people who have left\: addresses or logins, and perhaps their last day, in each line]:FILE:_files' \
'--format=[How to write the answer]:FORMAT:((text\:"For people, at a terminal"
json\:"For tools"))' \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::pattern -- Id of a node, or part of an id or name (`*` matches anything); everything that is ranked when it is left out:_default' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(offboard)
_arguments "${_arguments_options[@]}" : \
'--plan=[Write the plan to this file\: new owners, sponsors, rotations, revocations, rules]:FILE:_files' \
'--threshold=[The least risk of something orphaned that makes the exit code 1]:RISK:_default' \
'--departed=[A table of people who have left\: addresses or logins, and perhaps their last day, in each line]:FILE:_files' \
'--format=[How to write the answer]:FORMAT:((text\:"For people, at a terminal"
json\:"For tools"))' \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':who -- Who leaves\: an address, a login (`alice`, `gl/alice`), or a name of the people file:_default' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(merge)
_arguments "${_arguments_options[@]}" : \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--format=[How to write the report \[default\: table; with --staged\: brief\]]:FORMAT:((table\:"for people, at a terminal"
brief\:"findings and what to do now; nothing when there are none (the default of --staged)"
json\:"the whole graph, nhi.lineage/1"
sarif\:"SARIF 2.1.0, for code scanning"
markdown\:"for a comment on a change"
html\:"one self-contained page, for people"
csv\:"one row an identity, for a spreadsheet"
junit\:"JUnit XML, for test reports"
gitlab\:"GitLab secret-detection report"
github\:"GitHub workflow annotations"
dot\:"Graphviz"
mermaid\:"the paths of greatest reach, as a flowchart"
graphml\:"GraphML, for graph tools"
cypher\:"statements for a graph database"
cyclonedx\:"CycloneDX 1.6"
ocsf\:"OCSF 1.8 events, one a line"
opengraph\:"BloodHound OpenGraph"))' \
'--output=[Write the report to this file (in one step) instead of standard output]:FILE:_files' \
'--fail-on=[The least severity that makes the exit code 1 (default\: high)]:SEVERITY:(never low medium high critical)' \
'--strict[Exit with 3 when anything at all could not be read]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::reports -- Reports written by `nhi scan --format json`; their order does not matter:_files' \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
'--repository=[A path inside the repository]:PATH:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--format=[How to write the report]:FORMAT:((text\:"for people, at a terminal"
json\:"nhi.diff/1"
markdown\:"for a comment on a change"
sarif\:"SARIF 2.1.0 of the new findings, for code scanning"
github\:"GitHub workflow annotations of the new findings"))' \
'--output=[Write the report to this file (in one step) instead of standard output]:FILE:_files' \
'--fail-on=[The least severity of a new finding that makes the exit code 1 (default\: high)]:SEVERITY:(never low medium high critical)' \
'--strict[Exit with 3 when anything at all could not be read]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::what -- BASE..HEAD, or BASE for BASE..HEAD; or two reports:_default' \
&& ret=0
;;
(baseline)
_arguments "${_arguments_options[@]}" : \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'*--check=[Accept only what these checks find]:CHECK:_default' \
'--finding=[Accept only the finding with this fingerprint (or the start of it)]:FINGERPRINT:_default' \
'--reason=[Why it is accepted]:TEXT:_default' \
'--owner=[Who accepts it, \`team\:gh/acme/platform\`]:PARTY:_default' \
'--expires=[The last day on which it holds, \`2027-03-31\`]:DAY:_default' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'(--check --finding --owner --expires)--prune[Only take out entries that are stale or expired; accept nothing]' \
'-h[Print help]' \
'--help[Print help]' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(hook)
_arguments "${_arguments_options[@]}" : \
'--repository=[A path inside the repository]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
":: :_nhi__subcmd__hook_commands" \
"*::: :->hook" \
&& ret=0

    case $state in
    (hook)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-hook-command-$line[1]:"
        case $line[1] in
            (install)
_arguments "${_arguments_options[@]}" : \
'--repository=[A path inside the repository]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(uninstall)
_arguments "${_arguments_options[@]}" : \
'--repository=[A path inside the repository]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
'--repository=[A path inside the repository]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_nhi__subcmd__hook__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-hook-help-command-$line[1]:"
        case $line[1] in
            (install)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(uninstall)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(explain)
_arguments "${_arguments_options[@]}" : \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help]' \
'--help[Print help]' \
':what -- A check (LEAK-01), a detector rule (`nhi rules` lists them), the fingerprint of a finding, or the id of a link or node of the graph:_default' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(rules)
_arguments "${_arguments_options[@]}" : \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'-h[Print help]' \
'--help[Print help]' \
":: :_nhi__subcmd__rules_commands" \
"*::: :->rules" \
&& ret=0

    case $state in
    (rules)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-rules-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(test)
_arguments "${_arguments_options[@]}" : \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_nhi__subcmd__rules__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-rules-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(test)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(report)
_arguments "${_arguments_options[@]}" : \
'--framework=[Whose ids the checks are sorted by]:FRAMEWORK:((owasp-nhi\:"OWASP Non-Human Identities Top 10 (2025)"
nist-800-207\:"NIST SP 800-207, tenets of zero trust (section 2.1)"
csf\:"NIST Cybersecurity Framework 2.0"
csf-1.1\:"NIST Cybersecurity Framework 1.1"
agentic\:"OWASP Top 10 for Agentic Applications (2026)"
llm\:"OWASP Top 10 for LLM Applications (2025)"
mcp\:"OWASP MCP Top 10 (2025, beta)"
cwe\:"Common Weakness Enumeration"))' \
'--format=[How to write it]:FORMAT:((text\:"For people, at a terminal"
json\:"For tools"
markdown\:"For a page or a comment"))' \
'()*--graph=[Ask these reports of \`nhi scan --format json\`, together, instead of scanning]:REPORT:_files' \
'--rules=[Add the rules in this folder, written as the files in rules/ are]:DIR:_files' \
'--config=[Use this configuration instead of the nearest nhi.yaml]:FILE:_files' \
'--now=[The time that decides expiry, as RFC 3339 (for reproducible reports)]:TIME:_default' \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'--no-history[Leave out the git history]' \
'--submodules[Read submodules too, each as a repository of its own]' \
'(--cache-dir)--no-cache[Work everything out again, and keep nothing for the next run]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::paths -- Repositories or folders; this folder when none is given:_files' \
&& ret=0
;;
(checks)
_arguments "${_arguments_options[@]}" : \
'--format=[How to write the list]:FORMAT:(text json)' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(cache)
_arguments "${_arguments_options[@]}" : \
'--cache-dir=[Keep results in this folder (default\: \$NHI_CACHE_DIR, else the user'\''s folder for caches)]:DIR:_files' \
'-h[Print help]' \
'--help[Print help]' \
":: :_nhi__subcmd__cache_commands" \
"*::: :->cache" \
&& ret=0

    case $state in
    (cache)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-cache-command-$line[1]:"
        case $line[1] in
            (path)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(prune)
_arguments "${_arguments_options[@]}" : \
'--unused=[Days without use]:DAYS:_default' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(clear)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_nhi__subcmd__cache__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-cache-help-command-$line[1]:"
        case $line[1] in
            (path)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(prune)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(clear)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(completions)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_nhi__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-help-command-$line[1]:"
        case $line[1] in
            (scan)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(lineage)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(reach)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(who-can)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(path)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(incident)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(agents)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(owners)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(offboard)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(merge)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(baseline)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(hook)
_arguments "${_arguments_options[@]}" : \
":: :_nhi__subcmd__help__subcmd__hook_commands" \
"*::: :->hook" \
&& ret=0

    case $state in
    (hook)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-help-hook-command-$line[1]:"
        case $line[1] in
            (install)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(uninstall)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(explain)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(rules)
_arguments "${_arguments_options[@]}" : \
":: :_nhi__subcmd__help__subcmd__rules_commands" \
"*::: :->rules" \
&& ret=0

    case $state in
    (rules)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-help-rules-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(test)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(report)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(checks)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(cache)
_arguments "${_arguments_options[@]}" : \
":: :_nhi__subcmd__help__subcmd__cache_commands" \
"*::: :->cache" \
&& ret=0

    case $state in
    (cache)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:nhi-help-cache-command-$line[1]:"
        case $line[1] in
            (path)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(prune)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(clear)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(completions)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_nhi_commands] )) ||
_nhi_commands() {
    local commands; commands=(
'scan:Read a repository or folder and report its identities, ranked by blast radius' \
'lineage:Show the record of one identity\: origin, owner, storage, consumers, reach, how to revoke' \
'reach:Show everything that an identity, credential or agent reaches, hop by hop, and which links to cut' \
'who-can:Show who reaches a resource, place or identity, and how' \
'path:Show the most certain way from one thing to another' \
'incident:A credential leaked\: what it is, its copies, its users, its reach, and what to do in which order' \
'agents:Show every agent\: sponsor, who steers it, tools, credentials, reach' \
'owners:Show who answers for what, and why\: every candidate with the signals that speak for it' \
'offboard:Somebody leaves\: what they own, sponsor, know and approve, what would stand alone, and who could take over' \
'merge:Unite reports of several repositories, and draw what follows from them together' \
'diff:Say what a change newly gives away\: reach, identities, weakened controls, findings' \
'baseline:Accept what there is in .nhi-accepted, so that only what is new counts' \
'hook:Write, remove or look for the pre-commit hook' \
'explain:Explain a check (LEAK-01), a detector rule, a finding by its fingerprint, or a link or node of the graph by its id' \
'rules:List the secret detectors, or prove each by its own examples' \
'report:Show how a framework (OWASP NHI, NIST, …) stands\: its ids, their checks, what fails, what files cannot tell' \
'checks:List the checks' \
'cache:Show, prune or clear what earlier runs kept' \
'completions:Print completions for a shell' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'nhi commands' commands "$@"
}
(( $+functions[_nhi__subcmd__agents_commands] )) ||
_nhi__subcmd__agents_commands() {
    local commands; commands=()
    _describe -t commands 'nhi agents commands' commands "$@"
}
(( $+functions[_nhi__subcmd__baseline_commands] )) ||
_nhi__subcmd__baseline_commands() {
    local commands; commands=()
    _describe -t commands 'nhi baseline commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache_commands] )) ||
_nhi__subcmd__cache_commands() {
    local commands; commands=(
'path:Print the folder and how much it holds' \
'prune:Take away what was not used lately' \
'clear:Take away everything' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'nhi cache commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache__subcmd__clear_commands] )) ||
_nhi__subcmd__cache__subcmd__clear_commands() {
    local commands; commands=()
    _describe -t commands 'nhi cache clear commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache__subcmd__help_commands] )) ||
_nhi__subcmd__cache__subcmd__help_commands() {
    local commands; commands=(
'path:Print the folder and how much it holds' \
'prune:Take away what was not used lately' \
'clear:Take away everything' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'nhi cache help commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache__subcmd__help__subcmd__clear_commands] )) ||
_nhi__subcmd__cache__subcmd__help__subcmd__clear_commands() {
    local commands; commands=()
    _describe -t commands 'nhi cache help clear commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache__subcmd__help__subcmd__help_commands] )) ||
_nhi__subcmd__cache__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'nhi cache help help commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache__subcmd__help__subcmd__path_commands] )) ||
_nhi__subcmd__cache__subcmd__help__subcmd__path_commands() {
    local commands; commands=()
    _describe -t commands 'nhi cache help path commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache__subcmd__help__subcmd__prune_commands] )) ||
_nhi__subcmd__cache__subcmd__help__subcmd__prune_commands() {
    local commands; commands=()
    _describe -t commands 'nhi cache help prune commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache__subcmd__path_commands] )) ||
_nhi__subcmd__cache__subcmd__path_commands() {
    local commands; commands=()
    _describe -t commands 'nhi cache path commands' commands "$@"
}
(( $+functions[_nhi__subcmd__cache__subcmd__prune_commands] )) ||
_nhi__subcmd__cache__subcmd__prune_commands() {
    local commands; commands=()
    _describe -t commands 'nhi cache prune commands' commands "$@"
}
(( $+functions[_nhi__subcmd__checks_commands] )) ||
_nhi__subcmd__checks_commands() {
    local commands; commands=()
    _describe -t commands 'nhi checks commands' commands "$@"
}
(( $+functions[_nhi__subcmd__completions_commands] )) ||
_nhi__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'nhi completions commands' commands "$@"
}
(( $+functions[_nhi__subcmd__diff_commands] )) ||
_nhi__subcmd__diff_commands() {
    local commands; commands=()
    _describe -t commands 'nhi diff commands' commands "$@"
}
(( $+functions[_nhi__subcmd__explain_commands] )) ||
_nhi__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'nhi explain commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help_commands] )) ||
_nhi__subcmd__help_commands() {
    local commands; commands=(
'scan:Read a repository or folder and report its identities, ranked by blast radius' \
'lineage:Show the record of one identity\: origin, owner, storage, consumers, reach, how to revoke' \
'reach:Show everything that an identity, credential or agent reaches, hop by hop, and which links to cut' \
'who-can:Show who reaches a resource, place or identity, and how' \
'path:Show the most certain way from one thing to another' \
'incident:A credential leaked\: what it is, its copies, its users, its reach, and what to do in which order' \
'agents:Show every agent\: sponsor, who steers it, tools, credentials, reach' \
'owners:Show who answers for what, and why\: every candidate with the signals that speak for it' \
'offboard:Somebody leaves\: what they own, sponsor, know and approve, what would stand alone, and who could take over' \
'merge:Unite reports of several repositories, and draw what follows from them together' \
'diff:Say what a change newly gives away\: reach, identities, weakened controls, findings' \
'baseline:Accept what there is in .nhi-accepted, so that only what is new counts' \
'hook:Write, remove or look for the pre-commit hook' \
'explain:Explain a check (LEAK-01), a detector rule, a finding by its fingerprint, or a link or node of the graph by its id' \
'rules:List the secret detectors, or prove each by its own examples' \
'report:Show how a framework (OWASP NHI, NIST, …) stands\: its ids, their checks, what fails, what files cannot tell' \
'checks:List the checks' \
'cache:Show, prune or clear what earlier runs kept' \
'completions:Print completions for a shell' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'nhi help commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__agents_commands] )) ||
_nhi__subcmd__help__subcmd__agents_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help agents commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__baseline_commands] )) ||
_nhi__subcmd__help__subcmd__baseline_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help baseline commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__cache_commands] )) ||
_nhi__subcmd__help__subcmd__cache_commands() {
    local commands; commands=(
'path:Print the folder and how much it holds' \
'prune:Take away what was not used lately' \
'clear:Take away everything' \
    )
    _describe -t commands 'nhi help cache commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__cache__subcmd__clear_commands] )) ||
_nhi__subcmd__help__subcmd__cache__subcmd__clear_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help cache clear commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__cache__subcmd__path_commands] )) ||
_nhi__subcmd__help__subcmd__cache__subcmd__path_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help cache path commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__cache__subcmd__prune_commands] )) ||
_nhi__subcmd__help__subcmd__cache__subcmd__prune_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help cache prune commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__checks_commands] )) ||
_nhi__subcmd__help__subcmd__checks_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help checks commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__completions_commands] )) ||
_nhi__subcmd__help__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help completions commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__diff_commands] )) ||
_nhi__subcmd__help__subcmd__diff_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help diff commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__explain_commands] )) ||
_nhi__subcmd__help__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help explain commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__help_commands] )) ||
_nhi__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help help commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__hook_commands] )) ||
_nhi__subcmd__help__subcmd__hook_commands() {
    local commands; commands=(
'install:Write the pre-commit hook; one that is there already is kept, and goes first' \
'uninstall:Take the hook away; one that was there before comes back' \
'status:Say whether the hook is there' \
    )
    _describe -t commands 'nhi help hook commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__hook__subcmd__install_commands] )) ||
_nhi__subcmd__help__subcmd__hook__subcmd__install_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help hook install commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__hook__subcmd__status_commands] )) ||
_nhi__subcmd__help__subcmd__hook__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help hook status commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__hook__subcmd__uninstall_commands] )) ||
_nhi__subcmd__help__subcmd__hook__subcmd__uninstall_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help hook uninstall commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__incident_commands] )) ||
_nhi__subcmd__help__subcmd__incident_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help incident commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__lineage_commands] )) ||
_nhi__subcmd__help__subcmd__lineage_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help lineage commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__merge_commands] )) ||
_nhi__subcmd__help__subcmd__merge_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help merge commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__offboard_commands] )) ||
_nhi__subcmd__help__subcmd__offboard_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help offboard commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__owners_commands] )) ||
_nhi__subcmd__help__subcmd__owners_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help owners commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__path_commands] )) ||
_nhi__subcmd__help__subcmd__path_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help path commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__reach_commands] )) ||
_nhi__subcmd__help__subcmd__reach_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help reach commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__report_commands] )) ||
_nhi__subcmd__help__subcmd__report_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help report commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__rules_commands] )) ||
_nhi__subcmd__help__subcmd__rules_commands() {
    local commands; commands=(
'list:List every rule (the default)' \
'test:Run every rule'\''s own examples through the engine, and say which fail' \
    )
    _describe -t commands 'nhi help rules commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__rules__subcmd__list_commands] )) ||
_nhi__subcmd__help__subcmd__rules__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help rules list commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__rules__subcmd__test_commands] )) ||
_nhi__subcmd__help__subcmd__rules__subcmd__test_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help rules test commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__scan_commands] )) ||
_nhi__subcmd__help__subcmd__scan_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help scan commands' commands "$@"
}
(( $+functions[_nhi__subcmd__help__subcmd__who-can_commands] )) ||
_nhi__subcmd__help__subcmd__who-can_commands() {
    local commands; commands=()
    _describe -t commands 'nhi help who-can commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook_commands] )) ||
_nhi__subcmd__hook_commands() {
    local commands; commands=(
'install:Write the pre-commit hook; one that is there already is kept, and goes first' \
'uninstall:Take the hook away; one that was there before comes back' \
'status:Say whether the hook is there' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'nhi hook commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook__subcmd__help_commands] )) ||
_nhi__subcmd__hook__subcmd__help_commands() {
    local commands; commands=(
'install:Write the pre-commit hook; one that is there already is kept, and goes first' \
'uninstall:Take the hook away; one that was there before comes back' \
'status:Say whether the hook is there' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'nhi hook help commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook__subcmd__help__subcmd__help_commands] )) ||
_nhi__subcmd__hook__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'nhi hook help help commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook__subcmd__help__subcmd__install_commands] )) ||
_nhi__subcmd__hook__subcmd__help__subcmd__install_commands() {
    local commands; commands=()
    _describe -t commands 'nhi hook help install commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook__subcmd__help__subcmd__status_commands] )) ||
_nhi__subcmd__hook__subcmd__help__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'nhi hook help status commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook__subcmd__help__subcmd__uninstall_commands] )) ||
_nhi__subcmd__hook__subcmd__help__subcmd__uninstall_commands() {
    local commands; commands=()
    _describe -t commands 'nhi hook help uninstall commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook__subcmd__install_commands] )) ||
_nhi__subcmd__hook__subcmd__install_commands() {
    local commands; commands=()
    _describe -t commands 'nhi hook install commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook__subcmd__status_commands] )) ||
_nhi__subcmd__hook__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'nhi hook status commands' commands "$@"
}
(( $+functions[_nhi__subcmd__hook__subcmd__uninstall_commands] )) ||
_nhi__subcmd__hook__subcmd__uninstall_commands() {
    local commands; commands=()
    _describe -t commands 'nhi hook uninstall commands' commands "$@"
}
(( $+functions[_nhi__subcmd__incident_commands] )) ||
_nhi__subcmd__incident_commands() {
    local commands; commands=()
    _describe -t commands 'nhi incident commands' commands "$@"
}
(( $+functions[_nhi__subcmd__lineage_commands] )) ||
_nhi__subcmd__lineage_commands() {
    local commands; commands=()
    _describe -t commands 'nhi lineage commands' commands "$@"
}
(( $+functions[_nhi__subcmd__merge_commands] )) ||
_nhi__subcmd__merge_commands() {
    local commands; commands=()
    _describe -t commands 'nhi merge commands' commands "$@"
}
(( $+functions[_nhi__subcmd__offboard_commands] )) ||
_nhi__subcmd__offboard_commands() {
    local commands; commands=()
    _describe -t commands 'nhi offboard commands' commands "$@"
}
(( $+functions[_nhi__subcmd__owners_commands] )) ||
_nhi__subcmd__owners_commands() {
    local commands; commands=()
    _describe -t commands 'nhi owners commands' commands "$@"
}
(( $+functions[_nhi__subcmd__path_commands] )) ||
_nhi__subcmd__path_commands() {
    local commands; commands=()
    _describe -t commands 'nhi path commands' commands "$@"
}
(( $+functions[_nhi__subcmd__reach_commands] )) ||
_nhi__subcmd__reach_commands() {
    local commands; commands=()
    _describe -t commands 'nhi reach commands' commands "$@"
}
(( $+functions[_nhi__subcmd__report_commands] )) ||
_nhi__subcmd__report_commands() {
    local commands; commands=()
    _describe -t commands 'nhi report commands' commands "$@"
}
(( $+functions[_nhi__subcmd__rules_commands] )) ||
_nhi__subcmd__rules_commands() {
    local commands; commands=(
'list:List every rule (the default)' \
'test:Run every rule'\''s own examples through the engine, and say which fail' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'nhi rules commands' commands "$@"
}
(( $+functions[_nhi__subcmd__rules__subcmd__help_commands] )) ||
_nhi__subcmd__rules__subcmd__help_commands() {
    local commands; commands=(
'list:List every rule (the default)' \
'test:Run every rule'\''s own examples through the engine, and say which fail' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'nhi rules help commands' commands "$@"
}
(( $+functions[_nhi__subcmd__rules__subcmd__help__subcmd__help_commands] )) ||
_nhi__subcmd__rules__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'nhi rules help help commands' commands "$@"
}
(( $+functions[_nhi__subcmd__rules__subcmd__help__subcmd__list_commands] )) ||
_nhi__subcmd__rules__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'nhi rules help list commands' commands "$@"
}
(( $+functions[_nhi__subcmd__rules__subcmd__help__subcmd__test_commands] )) ||
_nhi__subcmd__rules__subcmd__help__subcmd__test_commands() {
    local commands; commands=()
    _describe -t commands 'nhi rules help test commands' commands "$@"
}
(( $+functions[_nhi__subcmd__rules__subcmd__list_commands] )) ||
_nhi__subcmd__rules__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'nhi rules list commands' commands "$@"
}
(( $+functions[_nhi__subcmd__rules__subcmd__test_commands] )) ||
_nhi__subcmd__rules__subcmd__test_commands() {
    local commands; commands=()
    _describe -t commands 'nhi rules test commands' commands "$@"
}
(( $+functions[_nhi__subcmd__scan_commands] )) ||
_nhi__subcmd__scan_commands() {
    local commands; commands=()
    _describe -t commands 'nhi scan commands' commands "$@"
}
(( $+functions[_nhi__subcmd__who-can_commands] )) ||
_nhi__subcmd__who-can_commands() {
    local commands; commands=()
    _describe -t commands 'nhi who-can commands' commands "$@"
}

if [ "$funcstack[1]" = "_nhi" ]; then
    _nhi "$@"
else
    compdef _nhi nhi
fi
