/** Whether a variable of this name may hold a bot token at all. */
export const isTokenName = (name: string): boolean => {
  if (USUAL.includes(canonical(name))) return true
  const isConstant = /^[A-Z][A-Z0-9_]*$/.test(name)
  return isConstant && PATTERNS.some((pattern) => pattern.test(name)) && !NO_TOKEN.test(name)
}

/** Whose token it is by its name; the lower the index, the likelier it is the bot's. */
export const likelihood = (name: string): { service: 'telegram' | 'unknown' | 'other'; index: number } => {
  const usual = USUAL.indexOf(canonical(name))
  if (usual !== -1) return { service: 'telegram', index: usual }
  const pattern = PATTERNS.findIndex((one) => one.test(name))
  // A bot's second token, for trying things out, comes after its real one.
  const index = USUAL.length + pattern + (/DEV|TEST|STAG|LOCAL/.test(name) ? 20 : 0)
  if (!/TELEGRAM|TG_/.test(name) && OTHER_SERVICES.test(name)) return { service: 'other', index }
  return { service: pattern < 2 ? 'telegram' : 'unknown', index }
}

const canonical = (name: string): string => name.toUpperCase().replaceAll('_', '')

/** How 115 public repositories name it, the commonest first; without underscores, since some leave them out. */
const USUAL = [
  'BOTTOKEN',
  'TELEGRAMBOTTOKEN',
  'TELEGRAMTOKEN',
  'TOKEN',
  'TGTOKEN',
  'TGBOTTOKEN',
  'TELEGRAMAPITOKEN',
  'TELEGRAMBOTAPITOKEN',
  'BOTAPITOKEN',
  'TELOXIDETOKEN',
  'BOTAPIKEY',
  'TELEGRAMAPIKEY',
]

const PATTERNS = [
  /(TELEGRAM|TG_?).*(TOKEN|KEY)|(TOKEN|KEY).*(TELEGRAM|_TG)/,
  /BOT.*(TOKEN|API_?KEY)|TOKEN_?BOT/,
  /TOKEN(_(PROD|PRODUCTION|DEV|TEST|LIVE|MAIN))?$/,
]

/** Numbers of tokens, things about tokens, webhook secrets, and what a README writes in a value's place. */
const NO_TOKEN =
  /TOKENS|MAX_|(^|_)SECRET_TOKEN|WEBHOOK|^YOUR_|TOKEN_(URL|PATH|FILE|EXP|TTL|LIFE|LEN|LIMIT|NAME|TYPE|SECRET|ID)/

const OTHER_SERVICES = new RegExp(
  [
    'OPENAI|ANTHROPIC|CLAUDE|GEMINI|DEEPSEEK|MISTRAL|COHERE|GPT|HUGGING|HF_|REPLICATE|GROQ|YANDEX|GIGACHAT|IAM_',
    'GITHUB|GITLAB|GH_|BITBUCKET|NPM|CODECOV|SONAR|VERCEL|HEROKU|CLOUDFLARE|CF_|AWS|DOCKER|SENTRY|RAILWAY|FLY_',
    'DISCORD|SLACK|VK_|WHATSAPP|TWITTER|FACEBOOK|INSTAGRAM|MATRIX|NOTION|TRELLO|JIRA|LINEAR|SPOTIFY|TWITCH|YOUTUBE',
    'GOOGLE|STRIPE|PAYMENT|PROVIDER|MAPBOX|WEATHER|DADATA|PAYPAL|REDIS|MONGO|SUPABASE|STRAPI|GENIUS|LASTFM|ALPACA',
    'ACCESS_|REFRESH|JWT|CSRF|AUTH_|SESSION|ADMIN|API_TOKEN$',
  ].join('|'),
)
