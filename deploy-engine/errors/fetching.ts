import type { Explanations } from './explained.ts'

export const fetching = {
  needs_access: {
    cause: 'The git server asks for a login, or the one that it was given may not read the repository.',
    fix: 'Look at the URL. For a private repository give a key with /deploykey, or a token with /gittoken.',
  },
  fetch_failed: {
    cause:
      'The repository could not be fetched: a wrong URL, a server that is away, or a network that does not get there.',
    fix: 'Try “git ls-remote” with that URL on the server; correct the URL with /set if it is wrong.',
  },
  fetch_stalled: {
    cause: 'The git server sent nothing for a long time, so the fetch was ended.',
    fix: 'Try again when the server is well.',
  },
  fetch_timeout: {
    cause: 'Fetching took longer than it may: the repository is large, or its server slow.',
    fix: 'Try again later. Keep large files out of the repository.',
  },
  git_missing: {
    cause: 'There is no git on the machine that the manager runs on. An installed manager has it in its image.',
    fix: 'Install git there.',
  },
  mirror_broken: {
    cause: 'What was fetched can’t be used, also after it was fetched anew: the repository itself is damaged.',
    fix: 'Try “git fsck” in the repository, and push it again from a whole clone.',
  },
  protocol_refused: {
    cause: 'The repository’s URL uses a protocol that this manager does not take: https and ssh are the usual ones.',
    fix: 'Use an https or ssh URL, or allow the protocol in TBS_GIT_PROTOCOLS.',
  },
  not_https: {
    cause: 'An access token was given for a repository that is not read over https. Only https takes tokens.',
    fix: 'Use /deploykey for ssh, or set an https URL with /set.',
  },
  repo_changed: {
    cause: 'The bot got another repository while the token for the one before was being checked.',
    fix: 'Send the token again with /gittoken.',
  },
  unknown_ref: {
    cause: 'The repository has no branch, tag or commit of that name, or nothing at all.',
    fix: 'Look at the spelling, and push it first.',
  },
  ambiguous_ref: {
    cause: 'More than one commit begins with what was typed.',
    fix: 'Give more of its digits.',
  },
  unknown_path: {
    cause: 'The commit has no such directory, and the bot is set to be in it.',
    fix: 'Change the directory: /set with path=<directory>.',
  },
  broken_submodule: {
    cause: 'A submodule can’t be fetched: its URL is missing or not allowed, or it needs a login.',
    fix: 'Correct .gitmodules, or remove the submodule. A token is shown to the server of the repository only.',
  },
  lfs_pointer: {
    cause: 'A file is kept in Git LFS, which is not fetched; the build would get a pointer in its place.',
    fix: 'Commit the file itself, or download it in the Dockerfile.',
  },
  unsafe_link: {
    cause: 'A link leads out of the place that it is in: out of a repository, or out of a volume in a backup.',
    fix: 'Put the file itself there. A backup with such a link was not made by a manager: take another copy.',
  },
  too_large: {
    cause: 'A repository, the data in a backup, or a file for the chat is larger than there is room for.',
    fix: 'Free some disk, or keep large files out of it. A large backup: “tbs-manager backup download <backup>”.',
  },
  host_key_changed: {
    cause: 'An ssh server shows another host key than before. It was set up anew, or somebody is in between.',
    fix: 'Compare the fingerprint with what the server’s owner says; then remove the old key, as the message says.',
  },
} satisfies Explanations
