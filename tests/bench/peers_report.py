# SPDX-License-Identifier: MIT
"""What the runs of `peers` amount to, as Markdown tables for the README."""
import pathlib


def cpu_name():
    text = pathlib.Path('/proc/cpuinfo').read_text()
    name = next((l.split(':')[1].strip() for l in text.splitlines() if l.startswith('model name')), 'CPU')
    flags = next((l.split() for l in text.splitlines() if l.startswith('flags')), [])
    return name + next((f', {title}' for flag, title in (('avx512f', 'AVX-512'), ('avx2', 'AVX2'))
                        if flag in flags), '')


def best(entries, key, pick):
    values = [e[key] for e in entries if key in e]
    return pick(values) if values else None


def table(title, rows, columns, entries, key, pick, form, ratio):
    """Markdown: a row for each of `rows` (label, filter), a column an engine, and how far we are ahead."""
    columns = [(name, label) for name, label in columns if any(e['engine'] == name for e in entries)]
    lines = [f'| {title} | ' + ' | '.join(label for _, label in columns) + f' | {ratio[0]} |',
             '|---' * (len(columns) + 2) + '|']
    for label, wanted in rows:
        mine = [e for e in entries if all(e.get(k) == v for k, v in wanted.items())]
        values = [best([e for e in mine if e['engine'] == name], key, pick) for name, _ in columns]
        if not any(values):
            continue
        ours = values[0] if columns[0][0] == 'ours' else None
        peers = [v for v in values[1:] if v]
        ahead = f'{ratio[1](ours, pick(peers)):.2f}' if ours and peers else '-'
        lines.append(f'| {label} | ' + ' | '.join(form % v if v else '-' for v in values) + f' | {ahead} |')
    return '\n'.join(lines) if len(lines) > 2 else ''


def worst(entries, count):
    """The networks where we are least ahead, the worst first; those without another engine come last."""
    def ahead(network):
        ratios = []
        for threads in {e['threads'] for e in entries}:
            mine = [e for e in entries if e['network'] == network and e['threads'] == threads]
            ours = best([e for e in mine if e['engine'] == 'ours'], 'min_ms', min)
            other = best([e for e in mine if e['engine'] != 'ours'], 'min_ms', min)
            ratios += [other / ours] if ours and other else []
        return min(ratios, default=float('inf'))
    return sorted(dict.fromkeys(e['network'] for e in entries if 'min_ms' in e), key=ahead)[:count]


def layers_table(entry, rows=12):
    """Markdown: what stands between a network and the peak: its layers that lose most, and the algorithms."""
    layers = entry['layers']
    total, lost = sum(l['ms'] for l in layers), sum(l['lost_ms'] for l in layers)
    lines = [f'{entry["network"]}, threads {entry["threads"]}: {total:.2f} ms of layers; at the peak of '
             f'{entry["peak"]:.0f} GFLOP/s {total - lost:.2f}, lost {lost:.2f}', '',
             '| layer | algorithm | ms | GFLOP/s | of the peak | lost ms |', '|---|---|---|---|---|---|']
    by_loss = sorted(layers, key=lambda l: -l['lost_ms'])
    for l in by_loss[:rows]:
        speed = 2e-6 * l['macs'] / l['ms'] if l['ms'] else 0
        lines.append(f'| {l["layer"]} | {l["algorithm"]} | {l["ms"]:.3f} | {speed:.0f} | {100 * l["of_peak"]:.0f} % '
                     f'| {l["lost_ms"]:.3f} |')
    sums = {}
    for l in by_loss[rows:]:
        count, ms, gone = sums.get(l['algorithm'], (0, 0, 0))
        sums[l['algorithm']] = count + 1, ms + l['ms'], gone + l['lost_ms']
    for algorithm, (count, ms, gone) in sorted(sums.items(), key=lambda s: -s[1][2]):
        lines.append(f'| {count} more | {algorithm} | {ms:.3f} | | | {gone:.3f} |')
    return '\n'.join(lines)


def report(entries, engines):
    """Markdown of all runs; `engines` are (name, label), ours first."""
    columns = [(name, label) for name, label in engines if any(e['engine'] == name for e in entries)]
    runs = [e for e in entries if 'min_ms' in e]
    steps = [e for e in entries if 'train' in e]
    keys = list(dict.fromkeys((e['network'], e['threads']) for e in runs))
    rows = [(f'{n}, {t}', {'network': n, 'threads': t}) for n, t in keys]
    versions = [label + ' ' + next((e['version'] for e in entries if e['engine'] == name and e['version']), '')
                for name, label in columns]
    rounds = min(sum(e['network'] == n and e['threads'] == t and e['engine'] == 'ours' for e in runs)
                 for n, t in keys) if keys else 0
    parts = [f'{cpu_name()}, {max(e["date"] for e in entries)}; '
             + ', '.join(versions).strip() + (f'; best of {rounds} rounds, or more' if rounds else '')]
    parts.append(table('ms, threads', rows, columns, runs, 'min_ms', min, '%.2f',
                       ('best other / ours', lambda ours, other: other / ours)))
    parts.append(table('peak MiB, threads', rows, columns, runs, 'memory', min, '%.0f',
                       ('best other / ours', lambda ours, other: other / ours)))
    parts.append(table('load ms, threads', rows, columns, runs, 'load_ms', min, '%.0f',
                       ('best other / ours', lambda ours, other: other / ours)))
    keys = list(dict.fromkeys((e['network'], e['train'], e['threads']) for e in steps))
    rows = [(f'{n}, batch {b}, {t}', {'network': n, 'train': b, 'threads': t}) for n, b, t in keys]
    parts.append(table('training, images/s, threads', rows, columns, steps, 'rate', max, '%.1f',
                       ('ours / best other', lambda ours, other: ours / other)))
    parts += [layers_table(e) for e in entries if 'layers' in e]
    return '\n\n'.join(part for part in parts if part) + '\n'
