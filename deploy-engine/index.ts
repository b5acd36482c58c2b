export type { ReadArchive as VerifiedFile } from './archive/read-archive.ts'
export { ERRAND, interruptErrand } from './container/interrupt-script.ts'
export { managerContainer, ownContainers } from './container/own-containers.ts'
export { saysUsedElsewhere } from './container/used-elsewhere.ts'
export { isOldApi } from './docker-api.ts'
export { type ErrorCode, messageOf, TbsError } from './error.ts'
export type { Explained, Explanations, Topic } from './errors/explained.ts'
export { engineErrors, engineTopics } from './errors/table.ts'
export type { BotVariable } from './image/bot-variables.ts'
export { type BuildPlan, planBuild } from './image/plan.ts'
export { type RepoFacts, repoFacts } from './image/repo-facts.ts'
export { interesting, type SourceTree } from './image/source-tree.ts'
export type { Liveness } from './liveness.ts'
export { isSecretSetting, looksSecret, redactShapes } from './looks-secret.ts'
export {
  BotName,
  BotToken,
  EnvKey,
  GitToken,
  protocolOf,
  RefName,
  ReleaseNumber,
  RepoPath,
  RepoUrl,
  THE_HOST,
} from './names.ts'
export { type OpenEngine, openEngine, openHost, openUpgrading } from './open-engine.ts'
export { addBot, checkNewBot, type NewBot } from './operations/add-bot.ts'
export { backUpState } from './operations/backups/backup-state.ts'
export { type BackupView, backupFile, backupList } from './operations/backups/backups.ts'
export { makeRecoveryKey } from './operations/backups/recovery-key.ts'
export { cancelOperations } from './operations/cancel.ts'
export { type CheckedToken, checkToken } from './operations/check-token.ts'
export { type ConfigFile, checkConfigFiles, configFileNames, setConfigFile } from './operations/config-files.ts'
export { copyIn, copyOut } from './operations/copy-files.ts'
export { type ExecRequest, execInBot } from './operations/exec-in-bot.ts'
export { followLogs } from './operations/follow-logs.ts'
export { checkTokenFits, deployKey, setGitToken } from './operations/git-access.ts'
export { hiddenValues } from './operations/hidden-values.ts'
export { botLocked, type Locked, lockBot, lockOf, lockText, unlockBot } from './operations/locks.ts'
export { buildLog } from './operations/log-files.ts'
export { botLogs, type LogPart } from './operations/logs.ts'
export { lookAtRepo, type RepoLook, type RepoReport } from './operations/look-at-repo.ts'
export { type Prunable, prunable } from './operations/prune.ts'
export { recover } from './operations/recover.ts'
export { type RemovePreview, removePreview } from './operations/remove-preview.ts'
export { type OperationRequest, requestOperation } from './operations/request.ts'
export { importBackup } from './operations/restores/import-backup.ts'
export { importStack } from './operations/restores/import-stack.ts'
export { lookAtStack, type StackLook } from './operations/restores/look-at-stack.ts'
export {
  type RestorePreview,
  type RestoreRequest,
  requestRestore,
  requestRestoreUndo,
  restorePreview,
} from './operations/restores/request-restore.ts'
export { type Verified, verifyBackup, verifyFile } from './operations/restores/verify-backup.ts'
export { type RollbackPreview, rollbackPreview } from './operations/rollback-preview.ts'
export { finishRotation, type Rotated, rotateKey, type SealedTable } from './operations/rotate-key.ts'
export { setBot } from './operations/set-bot.ts'
export { type ChangedToken, setToken } from './operations/set-token.ts'
export { type BotSetting, botSettings, setSetting, settingPreview } from './operations/settings.ts'
export { type BotStatus, botNames, botStatus, botStatuses, releaseList } from './operations/status.ts'
export { resumeBots, suspendBots } from './operations/suspend.ts'
export {
  type ChangedVariables,
  checkVariables,
  secretList,
  setVariables,
  variableNames,
} from './operations/variables.ts'
export { type OperationView, operationView, queuedOperations } from './operations/view.ts'
export { interruptOperations, lookAtOperation } from './operations/work.ts'
export type { BotUsage, Change, Clock, Database, Engine, EngineSettings, GitAccess, HostPorts, Log } from './ports.ts'
export { allBots, type Bot, type BotLock, botByName, registeredBot } from './records/bot.ts'
export { type Hold, type Incident, type IncidentDetail, type IncidentKind, openIncidents } from './records/incident.ts'
export { isOver, type Operation, type OperationArgs, type Outcome, operationById } from './records/operation.ts'
export type { Release } from './records/release.ts'
export type { Step, StepName } from './records/step.ts'
export { remembered } from './remembered.ts'
export { redact, Secret } from './secret.ts'
export { VolumePath } from './source/manifest-fields.ts'
export { steadyClock } from './steady-clock.ts'
export { beginUpgrade, CARRY_OUT, versionBefore, type WantedUpgrade } from './upgrade/begin.ts'
export { carryOutUpgrade } from './upgrade/carry-out.ts'
export type { ManagerFacts, Upgrading } from './upgrade/ports.ts'
export { managerImages, type Upgrade } from './upgrade/upgrade.ts'
export { watchBackups } from './watch/backups.ts'
export { type CheckUp, checkUp } from './watch/check-up.ts'
export { type BotDetail, botDetail, type Waiting } from './watch/detail.ts'
export { closedDatabase, reasonNotToOpen } from './watch/doctor/before-opening.ts'
export {
  type Check,
  type Diagnosis,
  type Examined,
  examine,
  type Mended,
  mend,
  type Seen,
} from './watch/doctor/examine.ts'
export { hostChecks } from './watch/doctor/host-checks.ts'
export { ownChecks } from './watch/doctor/own-checks.ts'
export { privateFiles } from './watch/doctor/private-files.ts'
export { watchHealth } from './watch/health.ts'
export { hostCondition, watchHost } from './watch/host.ts'
export type { HostLook } from './watch/host-looks.ts'
export {
  acknowledge,
  currentIncidents,
  type IncidentView,
  incidentView,
  mute,
  pastIncidents,
} from './watch/incidents.ts'
export { checkLiveness, livenessOf } from './watch/liveness/check-liveness.ts'
export { watchLiveness } from './watch/liveness/watch-liveness.ts'
export { type BotGlance, glances, type HostNow, hostNow } from './watch/overview.ts'
export { watchResources } from './watch/resources.ts'
export { watchBots } from './watch/watch-bots.ts'
