# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_nhi_global_optspecs
    string join \n h/help V/version
end

function __fish_nhi_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_nhi_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_nhi_using_subcommand
    set -l cmd (__fish_nhi_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c nhi -n "__fish_nhi_needs_command" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_needs_command" -s V -l version -d 'Print version'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "scan" -d 'Read a repository or folder and report its identities, ranked by blast radius'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "lineage" -d 'Show the record of one identity: origin, owner, storage, consumers, reach, how to revoke'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "reach" -d 'Show everything that an identity, credential or agent reaches, hop by hop, and which links to cut'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "who-can" -d 'Show who reaches a resource, place or identity, and how'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "path" -d 'Show the most certain way from one thing to another'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "incident" -d 'A credential leaked: what it is, its copies, its users, its reach, and what to do in which order'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "agents" -d 'Show every agent: sponsor, who steers it, tools, credentials, reach'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "owners" -d 'Show who answers for what, and why: every candidate with the signals that speak for it'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "offboard" -d 'Somebody leaves: what they own, sponsor, know and approve, what would stand alone, and who could take over'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "merge" -d 'Unite reports of several repositories, and draw what follows from them together'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "diff" -d 'Say what a change newly gives away: reach, identities, weakened controls, findings'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "baseline" -d 'Accept what there is in .nhi-accepted, so that only what is new counts'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "hook" -d 'Write, remove or look for the pre-commit hook'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "explain" -d 'Explain a check (LEAK-01), a detector rule, a finding by its fingerprint, or a link or node of the graph by its id'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "rules" -d 'List the secret detectors, or prove each by its own examples'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "report" -d 'Show how a framework (OWASP NHI, NIST, …) stands: its ids, their checks, what fails, what files cannot tell'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "checks" -d 'List the checks'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "cache" -d 'Show, prune or clear what earlier runs kept'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c nhi -n "__fish_nhi_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l since -d 'Look only at what the commits since this one add, up to HEAD' -r
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l range -d 'Look only at what these commits add: those that B has and A has not' -r
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l branch -d 'Of the history, only what this branch (or tag, or commit) reaches' -r
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l max-depth -d 'Of the history, only so many generations of commits' -r
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l format -d 'How to write the report [default: table; with --staged: brief]' -r -f -a "table\t'for people, at a terminal'
brief\t'findings and what to do now; nothing when there are none (the default of --staged)'
json\t'the whole graph, nhi.lineage/1'
sarif\t'SARIF 2.1.0, for code scanning'
markdown\t'for a comment on a change'
html\t'one self-contained page, for people'
csv\t'one row an identity, for a spreadsheet'
junit\t'JUnit XML, for test reports'
gitlab\t'GitLab secret-detection report'
github\t'GitHub workflow annotations'
dot\t'Graphviz'
mermaid\t'the paths of greatest reach, as a flowchart'
graphml\t'GraphML, for graph tools'
cypher\t'statements for a graph database'
cyclonedx\t'CycloneDX 1.6'
ocsf\t'OCSF 1.8 events, one a line'
opengraph\t'BloodHound OpenGraph'"
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l output -d 'Write the report to this file (in one step) instead of standard output' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l fail-on -d 'The least severity that makes the exit code 1 (default: high)' -r -f -a "never\t''
low\t''
medium\t''
high\t''
critical\t''"
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l staged -d 'Look only at what the git index adds against HEAD'
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l unreachable -d 'Of the history, also what no reference reaches any more: stash, reflogs, dangling commits and files'
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l pre-receive -d 'Look only at what a push brings: as a pre-receive hook, with lines of old id, new id and reference on standard input'
complete -c nhi -n "__fish_nhi_using_subcommand scan" -l strict -d 'Exit with 3 when anything at all could not be read'
complete -c nhi -n "__fish_nhi_using_subcommand scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand lineage" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand reach" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand reach" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand reach" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand reach" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand reach" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand reach" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand reach" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand reach" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand reach" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l level -d 'The least level of access that counts' -r -f -a "none\t''
list\t''
read-meta\t''
tag\t''
unknown\t''
read-data\t''
write\t''
secret-read\t''
admin\t''"
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand who-can" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand path" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand path" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand path" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand path" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand path" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand path" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand path" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand path" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand path" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand incident" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand incident" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand incident" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand incident" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand incident" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand incident" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand incident" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand incident" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand incident" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand agents" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand agents" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand agents" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand agents" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand agents" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand agents" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand agents" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand agents" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand agents" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l departed -d 'A table of people who have left: addresses or logins, and perhaps their last day, in each line' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l format -d 'How to write the answer' -r -f -a "text\t'For people, at a terminal'
json\t'For tools'"
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand owners" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand owners" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l plan -d 'Write the plan to this file: new owners, sponsors, rotations, revocations, rules' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l threshold -d 'The least risk of something orphaned that makes the exit code 1' -r
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l departed -d 'A table of people who have left: addresses or logins, and perhaps their last day, in each line' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l format -d 'How to write the answer' -r -f -a "text\t'For people, at a terminal'
json\t'For tools'"
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand offboard" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nhi -n "__fish_nhi_using_subcommand merge" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand merge" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand merge" -l format -d 'How to write the report [default: table; with --staged: brief]' -r -f -a "table\t'for people, at a terminal'
brief\t'findings and what to do now; nothing when there are none (the default of --staged)'
json\t'the whole graph, nhi.lineage/1'
sarif\t'SARIF 2.1.0, for code scanning'
markdown\t'for a comment on a change'
html\t'one self-contained page, for people'
csv\t'one row an identity, for a spreadsheet'
junit\t'JUnit XML, for test reports'
gitlab\t'GitLab secret-detection report'
github\t'GitHub workflow annotations'
dot\t'Graphviz'
mermaid\t'the paths of greatest reach, as a flowchart'
graphml\t'GraphML, for graph tools'
cypher\t'statements for a graph database'
cyclonedx\t'CycloneDX 1.6'
ocsf\t'OCSF 1.8 events, one a line'
opengraph\t'BloodHound OpenGraph'"
complete -c nhi -n "__fish_nhi_using_subcommand merge" -l output -d 'Write the report to this file (in one step) instead of standard output' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand merge" -l fail-on -d 'The least severity that makes the exit code 1 (default: high)' -r -f -a "never\t''
low\t''
medium\t''
high\t''
critical\t''"
complete -c nhi -n "__fish_nhi_using_subcommand merge" -l strict -d 'Exit with 3 when anything at all could not be read'
complete -c nhi -n "__fish_nhi_using_subcommand merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nhi -n "__fish_nhi_using_subcommand diff" -l repository -d 'A path inside the repository' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand diff" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand diff" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand diff" -l format -d 'How to write the report' -r -f -a "text\t'for people, at a terminal'
json\t'nhi.diff/1'
markdown\t'for a comment on a change'
sarif\t'SARIF 2.1.0 of the new findings, for code scanning'
github\t'GitHub workflow annotations of the new findings'"
complete -c nhi -n "__fish_nhi_using_subcommand diff" -l output -d 'Write the report to this file (in one step) instead of standard output' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand diff" -l fail-on -d 'The least severity of a new finding that makes the exit code 1 (default: high)' -r -f -a "never\t''
low\t''
medium\t''
high\t''
critical\t''"
complete -c nhi -n "__fish_nhi_using_subcommand diff" -l strict -d 'Exit with 3 when anything at all could not be read'
complete -c nhi -n "__fish_nhi_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l check -d 'Accept only what these checks find' -r
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l finding -d 'Accept only the finding with this fingerprint (or the start of it)' -r
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l reason -d 'Why it is accepted' -r
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l owner -d 'Who accepts it, `team:gh/acme/platform`' -r
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l expires -d 'The last day on which it holds, `2027-03-31`' -r
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -l prune -d 'Only take out entries that are stale or expired; accept nothing'
complete -c nhi -n "__fish_nhi_using_subcommand baseline" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and not __fish_seen_subcommand_from install uninstall status help" -l repository -d 'A path inside the repository' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand hook; and not __fish_seen_subcommand_from install uninstall status help" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and not __fish_seen_subcommand_from install uninstall status help" -f -a "install" -d 'Write the pre-commit hook; one that is there already is kept, and goes first'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and not __fish_seen_subcommand_from install uninstall status help" -f -a "uninstall" -d 'Take the hook away; one that was there before comes back'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and not __fish_seen_subcommand_from install uninstall status help" -f -a "status" -d 'Say whether the hook is there'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and not __fish_seen_subcommand_from install uninstall status help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from install" -l repository -d 'A path inside the repository' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -l repository -d 'A path inside the repository' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from uninstall" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from status" -l repository -d 'A path inside the repository' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from help" -f -a "install" -d 'Write the pre-commit hook; one that is there already is kept, and goes first'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from help" -f -a "uninstall" -d 'Take the hook away; one that was there before comes back'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from help" -f -a "status" -d 'Say whether the hook is there'
complete -c nhi -n "__fish_nhi_using_subcommand hook; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nhi -n "__fish_nhi_using_subcommand explain" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand explain" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand explain" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand explain" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand explain" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand explain" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand explain" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand explain" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand explain" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and not __fish_seen_subcommand_from list test help" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand rules; and not __fish_seen_subcommand_from list test help" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and not __fish_seen_subcommand_from list test help" -f -a "list" -d 'List every rule (the default)'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and not __fish_seen_subcommand_from list test help" -f -a "test" -d 'Run every rule\'s own examples through the engine, and say which fail'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and not __fish_seen_subcommand_from list test help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and __fish_seen_subcommand_from list" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand rules; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and __fish_seen_subcommand_from test" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand rules; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and __fish_seen_subcommand_from help" -f -a "list" -d 'List every rule (the default)'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and __fish_seen_subcommand_from help" -f -a "test" -d 'Run every rule\'s own examples through the engine, and say which fail'
complete -c nhi -n "__fish_nhi_using_subcommand rules; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nhi -n "__fish_nhi_using_subcommand report" -l framework -d 'Whose ids the checks are sorted by' -r -f -a "owasp-nhi\t'OWASP Non-Human Identities Top 10 (2025)'
nist-800-207\t'NIST SP 800-207, tenets of zero trust (section 2.1)'
csf\t'NIST Cybersecurity Framework 2.0'
csf-1.1\t'NIST Cybersecurity Framework 1.1'
agentic\t'OWASP Top 10 for Agentic Applications (2026)'
llm\t'OWASP Top 10 for LLM Applications (2025)'
mcp\t'OWASP MCP Top 10 (2025, beta)'
cwe\t'Common Weakness Enumeration'"
complete -c nhi -n "__fish_nhi_using_subcommand report" -l format -d 'How to write it' -r -f -a "text\t'For people, at a terminal'
json\t'For tools'
markdown\t'For a page or a comment'"
complete -c nhi -n "__fish_nhi_using_subcommand report" -l graph -d 'Ask these reports of `nhi scan --format json`, together, instead of scanning' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand report" -l rules -d 'Add the rules in this folder, written as the files in rules/ are' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand report" -l config -d 'Use this configuration instead of the nearest nhi.yaml' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand report" -l now -d 'The time that decides expiry, as RFC 3339 (for reproducible reports)' -r
complete -c nhi -n "__fish_nhi_using_subcommand report" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand report" -l no-history -d 'Leave out the git history'
complete -c nhi -n "__fish_nhi_using_subcommand report" -l submodules -d 'Read submodules too, each as a repository of its own'
complete -c nhi -n "__fish_nhi_using_subcommand report" -l no-cache -d 'Work everything out again, and keep nothing for the next run'
complete -c nhi -n "__fish_nhi_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nhi -n "__fish_nhi_using_subcommand checks" -l format -d 'How to write the list' -r -f -a "text\t''
json\t''"
complete -c nhi -n "__fish_nhi_using_subcommand checks" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and not __fish_seen_subcommand_from path prune clear help" -l cache-dir -d 'Keep results in this folder (default: $NHI_CACHE_DIR, else the user\'s folder for caches)' -r -F
complete -c nhi -n "__fish_nhi_using_subcommand cache; and not __fish_seen_subcommand_from path prune clear help" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and not __fish_seen_subcommand_from path prune clear help" -f -a "path" -d 'Print the folder and how much it holds'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and not __fish_seen_subcommand_from path prune clear help" -f -a "prune" -d 'Take away what was not used lately'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and not __fish_seen_subcommand_from path prune clear help" -f -a "clear" -d 'Take away everything'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and not __fish_seen_subcommand_from path prune clear help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and __fish_seen_subcommand_from prune" -l unused -d 'Days without use' -r
complete -c nhi -n "__fish_nhi_using_subcommand cache; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print the folder and how much it holds'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Take away what was not used lately'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "clear" -d 'Take away everything'
complete -c nhi -n "__fish_nhi_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nhi -n "__fish_nhi_using_subcommand completions" -s h -l help -d 'Print help'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "scan" -d 'Read a repository or folder and report its identities, ranked by blast radius'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "lineage" -d 'Show the record of one identity: origin, owner, storage, consumers, reach, how to revoke'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "reach" -d 'Show everything that an identity, credential or agent reaches, hop by hop, and which links to cut'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "who-can" -d 'Show who reaches a resource, place or identity, and how'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "path" -d 'Show the most certain way from one thing to another'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "incident" -d 'A credential leaked: what it is, its copies, its users, its reach, and what to do in which order'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "agents" -d 'Show every agent: sponsor, who steers it, tools, credentials, reach'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "owners" -d 'Show who answers for what, and why: every candidate with the signals that speak for it'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "offboard" -d 'Somebody leaves: what they own, sponsor, know and approve, what would stand alone, and who could take over'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "merge" -d 'Unite reports of several repositories, and draw what follows from them together'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "diff" -d 'Say what a change newly gives away: reach, identities, weakened controls, findings'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "baseline" -d 'Accept what there is in .nhi-accepted, so that only what is new counts'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "hook" -d 'Write, remove or look for the pre-commit hook'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "explain" -d 'Explain a check (LEAK-01), a detector rule, a finding by its fingerprint, or a link or node of the graph by its id'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "rules" -d 'List the secret detectors, or prove each by its own examples'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "report" -d 'Show how a framework (OWASP NHI, NIST, …) stands: its ids, their checks, what fails, what files cannot tell'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "checks" -d 'List the checks'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "cache" -d 'Show, prune or clear what earlier runs kept'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "completions" -d 'Print completions for a shell'
complete -c nhi -n "__fish_nhi_using_subcommand help; and not __fish_seen_subcommand_from scan lineage reach who-can path incident agents owners offboard merge diff baseline hook explain rules report checks cache completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c nhi -n "__fish_nhi_using_subcommand help; and __fish_seen_subcommand_from hook" -f -a "install" -d 'Write the pre-commit hook; one that is there already is kept, and goes first'
complete -c nhi -n "__fish_nhi_using_subcommand help; and __fish_seen_subcommand_from hook" -f -a "uninstall" -d 'Take the hook away; one that was there before comes back'
complete -c nhi -n "__fish_nhi_using_subcommand help; and __fish_seen_subcommand_from hook" -f -a "status" -d 'Say whether the hook is there'
complete -c nhi -n "__fish_nhi_using_subcommand help; and __fish_seen_subcommand_from rules" -f -a "list" -d 'List every rule (the default)'
complete -c nhi -n "__fish_nhi_using_subcommand help; and __fish_seen_subcommand_from rules" -f -a "test" -d 'Run every rule\'s own examples through the engine, and say which fail'
complete -c nhi -n "__fish_nhi_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "path" -d 'Print the folder and how much it holds'
complete -c nhi -n "__fish_nhi_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "prune" -d 'Take away what was not used lately'
complete -c nhi -n "__fish_nhi_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "clear" -d 'Take away everything'
