import { describe, expect, test } from 'vitest'
import { exampleConfigs } from '../../../deploy-engine/image/example-configs.ts'

const targets = (...files: string[]) => exampleConfigs({ files, text: new Map() })

describe('examples as public repositories name them', () => {
  test.each([
    ['config.example.js', 'config.js'],
    ['example.config.js', 'config.js'],
    ['config.template.js', 'config.js'],
    ['config.example.yml', 'config.yml'],
    ['config.example.toml', 'config.toml'],
    ['config.example.php', 'config.php'],
    ['config.example.json', 'config.json'],
    ['config.json.example', 'config.json'],
    ['config.yml.sample', 'config.yml'],
    ['config-sample.yaml', 'config.yaml'],
    ['bot_example.ini', 'bot.ini'],
    ['bot.ini.dist', 'bot.ini'],
    ['production_example.json', 'production.json'],
    ['config/production_example.json', 'config/production.json'],
    ['src/credentials.example.py', 'src/credentials.py'],
    ['settings_sample.py', 'settings.py'],
    ['sample.settings.json', 'settings.json'],
  ])('%s', (example, target) => {
    expect(targets(example, 'bot.js')).toEqual([{ example, target }])
  })
})

describe('what is none', () => {
  test.each([
    [['config.example.js', 'config.js']],
    [['.env.example']],
    [['config.env.example']],
    [['docker-compose.example.yml']],
    [['nginx.example.conf']],
    [['bot_example.py']],
    [['plugins/template.js']],
    [['examples/config.example.json']],
    [['test/config.example.json']],
    [['node_modules/a/config.example.json']],
    [['docs/config.sample.yml']],
    [['package.example.json']],
    [['tsconfig.template.json']],
    [['.eslintrc.example.json']],
    [['example.json']],
    [['bot.service.example']],
    [['a/b/c/d/config.example.json']],
  ])('%j', (files) => {
    expect(targets(...files)).toEqual([])
  })
})
