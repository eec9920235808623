"""Small CSV texts and what Python's `csv` module, in strict mode, makes of each: rows, or an error.

python3 tests/reading/strict_csv.py > tests/reading/strict_csv.json
"""
import csv, io, json, random

draw = random.Random(20261128)
pieces = ['a', 'bc', '12', ' ', '"', '""', '"', ',', ',', ',', '\n', '\r\n', 'é']
cases = []
for number in range(300):
    lines = ['k,m,n']
    for row in range(draw.randint(1, 3)):
        lines.append(''.join(draw.choice(pieces) for _ in range(draw.randint(1, 9))))
    text = '\n'.join(lines) + draw.choice(['', '\n', '\r\n'])
    try:
        rows = list(csv.reader(io.StringIO(text, newline=''), strict=True))
    except csv.Error:
        rows = None
    cases.append([text, rows])
# Quoted texts as a person writes them.
for number in range(70):
    def cell():
        inner = ''.join(draw.choice(['a', 'b', ' ', ',', ';', '"', 'é', '\n']) for _ in range(draw.randint(0, 5)))
        return '"' + inner.replace('"', '""') + '"' if draw.random() < 0.9 else '"' + inner + '"'
    text = 'k,m,n\n' + ''.join(','.join(cell() for _ in range(3)) + '\n' for _ in range(2))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=''), strict=True))
    except csv.Error:
        rows = None
    cases.append([text, rows])
print('[')
print(',\n'.join(json.dumps(case, ensure_ascii=False) for case in cases))
print(']')
