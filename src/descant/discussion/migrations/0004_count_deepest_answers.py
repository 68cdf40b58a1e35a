"""At the deepest level drawn, what is answered counts its answers too, so that a mark of it stays.

The level is written as the number that it had when this was written.
"""

from django.db import migrations

COUNT = """
UPDATE discussion_comment SET replies = answers.shown, drawn = TRUE
FROM (
    SELECT parent_id, count(*) AS shown FROM discussion_comment
    WHERE level = 7 AND state = 'shown' AND parent_id IS NOT NULL GROUP BY parent_id
) AS answers
WHERE discussion_comment.id = answers.parent_id AND discussion_comment.level = 7
"""


class Migration(migrations.Migration):
    dependencies = [("discussion", "0003_identity")]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
