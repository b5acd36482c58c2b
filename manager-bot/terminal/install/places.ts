/** Where an installation keeps what on its server. Nothing outside of these is written, but by the package manager. */
export const placesOf = (instance: string) => ({
  settings: `/etc/${instance}`,
  token: `/etc/${instance}/token`,
  environment: `/etc/${instance}/manager.env`,
  timerSettings: `/etc/${instance}/host-timer.conf`,
  /** Apart from the data: whoever gets the one must not get the other. */
  keys: `/etc/${instance}/keys`,
  masterKey: `/etc/${instance}/keys/master.key`,
  data: `/var/lib/${instance}`,
  owners: `/var/lib/${instance}/owners`,
  upgrading: `/var/lib/${instance}/upgrading`,
  upgrade: `/var/lib/${instance}/upgrade/journal.json`,
  timerState: `/var/lib/${instance}/host-timer`,
  timer: `/usr/local/lib/${instance}/host-timer.sh`,
  timerUnit: `${instance}-host-timer`,
  cron: `/etc/cron.d/${instance}-host-timer`,
})

export type Places = ReturnType<typeof placesOf>
