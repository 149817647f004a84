// SPDX-License-Identifier: MIT
// Checks where neroinfer looks at its start, and passes changes to the engine.
#include "plugins/infer/neroinfer.h"
#include "po/translate.h"

GST_DEBUG_CATEGORY_EXTERN(nero_infer_debug);
#define GST_CAT_DEFAULT nero_infer_debug

gboolean nero_infer_check_look(NeroInfer *self)
{
    nn_error err = {.status = NN_OK};
    GST_OBJECT_LOCK(self);
    const nn_region_options options = nero_look_props_options(&self->look);
    const nn_status status = nn_region_options_check(&options, &err);
    self->look_changed = TRUE; // a new engine does not know them
    GST_OBJECT_UNLOCK(self);
    if (status != NN_OK)
        GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, (_("Cannot use the property %s"), err.text),
                          (NULL));
    return status == NN_OK;
}

static gboolean asks_for_parts(const NeroLookProps *p)
{
    return (p->tiles && *p->tiles && strcmp(p->tiles, "off") != 0) || (p->roi && *p->roi) ||
           (p->ignore && *p->ignore) || p->motion;
}

void nero_infer_refresh_look(NeroInfer *self)
{
    nn_error err = {.status = NN_OK};
    nn_status status = NN_OK;
    const NeroModel *model = nero_engine_model(self->engine);
    GST_OBJECT_LOCK(self);
    const gboolean changed = self->look_changed;
    const gboolean useless = changed && asks_for_parts(&self->look) &&
                             !nero_look_suits(nn_detector_card(model->detector));
    if (changed) {
        const nn_region_options options = nero_look_props_options(&self->look);
        status = nero_look_set(nero_engine_look(self->engine), &options, &err);
        self->look_changed = FALSE;
    }
    GST_OBJECT_UNLOCK(self);
    if (status != NN_OK)
        GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                            (_("Where to look stays as it was: %s"), err.text), (NULL));
    if (useless)
        GST_ELEMENT_WARNING(self, RESOURCE, SETTINGS,
                            (_("tiles, roi and ignore are for detectors; %s sees the whole frame"),
                             nn_detector_path(model->detector)),
                            (NULL));
}
