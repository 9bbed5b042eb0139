// Fails when a package that comes along has a known hole of high severity. Some registries do not answer such questions:
// that is said, and nothing is known then.
import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
  maxBuffer: 100 * 1024 * 1024,
});
const report = read(stdout);
if (report.auditReportVersion === undefined) {
  console.log('Holes of packages could not be asked for: the registry does not answer.');
} else {
  const { high, critical } = report.metadata.vulnerabilities;
  console.log(`Packages with known holes: ${high} of high severity, ${critical} critical.`);
  if (high + critical > 0) {
    console.log(JSON.stringify(report.vulnerabilities, null, 2));
    process.exitCode = 1;
  }
}

function read(json) {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
